import type * as z from 'zod';
import { type ErrorCode, isErrorCode } from '../errors/catalogue.ts';
import { HavenError } from '../errors/haven-error.ts';
import { looksLikeKey } from '../secret-shape.ts';

/** One field at fault, as `details.fields` lists them. */
export interface FieldProblem {
  /** The part of the request and the path in it: `body.lines[0].sku`, `query.limit`, `header.Idempotency-Key`. */
  readonly field: string;
  readonly message: string;
}

/** The part of a request that a schema describes. */
export type RequestPart = 'params' | 'query' | 'body';

/** More would be noise, and would let a request make its own answer large. */
const MAX_REPORTED_FIELDS = 20;

/**
 * Parses one part of a request.
 *
 * @returns what the schema makes of it
 * @throws the code that the failing schema names at the start of its message (`INVALID_ADDRESS: ...`), UNKNOWN_FIELD,
 *   or INVALID_PARAMETER; each with the fields at fault
 */
export function parsePart<S extends z.ZodType>(schema: S, part: RequestPart, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw toValidationError(part, result.error.issues);
}

/** The error for one field that no schema describes, such as a header. */
export function fieldError(code: ErrorCode, field: string, message: string): HavenError {
  return new HavenError(code, `${field}: ${message}`, { details: { fields: [{ field, message }] } });
}

function toValidationError(part: RequestPart, issues: readonly z.core.$ZodIssue[]): HavenError {
  const byField = new Map<string, FieldProblem & { code: ErrorCode }>();
  for (const problem of issues.flatMap((issue) => describe(part, issue))) {
    if (!byField.has(problem.field)) byField.set(problem.field, problem);
  }
  const problems = [...byField.values()].slice(0, MAX_REPORTED_FIELDS);
  const first = problems[0] ?? { code: 'INVALID_PARAMETER' as const, field: part, message: 'not valid' };
  return new HavenError(first.code, `${first.field}: ${first.message}`, {
    details: { fields: problems.map(({ field, message }) => ({ field, message })) },
  });
}

function describe(part: RequestPart, issue: z.core.$ZodIssue): (FieldProblem & { code: ErrorCode })[] {
  const at = (path: readonly PropertyKey[]) =>
    path.reduce<string>(
      (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${shown(String(key))}`),
      part,
    );
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'UNKNOWN_FIELD',
      field: at([...issue.path, key]),
      message: 'is not a known field',
    }));
  }
  const [prefix, ...rest] = issue.message.split(': ');
  if (prefix !== undefined && rest.length > 0 && isErrorCode(prefix)) {
    return [{ code: prefix, field: at(issue.path), message: rest.join(': ') }];
  }
  return [{ code: 'INVALID_PARAMETER', field: at(issue.path), message: issue.message }];
}

/** More of a name says nothing. */
const MAX_NAME_CHARS = 64;
/** So much of it is looked through: a key with separators is longer than what is shown. */
const MAX_SEARCHED_CHARS = 512;

/** A name that the caller chose: a key that was pasted as one is not repeated, for answers are logged by whoever gets them. */
function shown(name: string): string {
  return looksLikeKey(name.slice(0, MAX_SEARCHED_CHARS)) ? '[redacted]' : name.slice(0, MAX_NAME_CHARS);
}
