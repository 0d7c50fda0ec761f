import * as z from 'zod';
import { KEPT_FIELD, readMark } from '#shared/platform/log/kept-lines.ts';
import { redactFields } from '#shared/platform/log/redact.ts';
import type { Incident } from './incident.ts';
import { frameOf, stackOf } from './stack.ts';

/** A line of a log, as a subscription hands it on. */
export interface LogLine {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Fields of a line that have a place of their own, or say nothing of what happened. */
const NOT_CONTEXT: ReadonlySet<string> = new Set([
  ...[
    'level',
    'message',
    'timestamp',
    'service',
    'sampling_rate',
    'xray_trace_id',
    'cold_start',
    'log_code',
    'log_name',
  ],
  ...['request_id', 'error_id', 'principal', 'method', 'resource', 'route', 'error', 'cause', KEPT_FIELD],
  // Who is behind an address may be a customer: what is stored for months names none (docs/incidents.md).
  'source_address',
]);

/** Characters of what else a line said, as JSON: a row is rewritten whole each time it is counted. */
const MAX_CONTEXT_CHARS = 2_000;
const MAX_MESSAGE_CHARS = 500;
const MAX_PLACE_CHARS = 200;
const MAX_ID_CHARS = 128;
const MAX_CODE_CHARS = 64;

const text = z.string().max(MAX_ID_CHARS).optional().catch(undefined);
const lineSchema = z.looseObject({
  [KEPT_FIELD]: z.unknown(),
  message: z.string().catch(''),
  log_name: z.string().max(MAX_CODE_CHARS),
  request_id: text,
  invocation_id: text,
  error_id: text,
  principal: text,
  key_id: text,
  method: text,
  resource: text,
  source_address: text,
});

/** What ended a call, or kept a function from its start, as Lambda names it. */
const ended = { status: z.string(), errorType: z.string().optional() };
/** The last line that Lambda itself writes of a call (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report). */
const reportSchema = z.object({
  type: z.literal('platform.report'),
  record: z.object({ requestId: z.string().max(MAX_ID_CHARS), ...ended }),
});
/** What Lambda writes when a function has started, or could not (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initRuntimeDone). */
const startSchema = z.object({ type: z.literal('platform.initRuntimeDone'), record: z.object(ended) });
const lambdaSchema = z.discriminatedUnion('type', [reportSchema, startSchema]);

/**
 * What a line of a log tells of.
 *
 * @param functionName whose log it is
 * @returns undefined for a line that is not to be kept: a subscription looks for a word, which may stand in others too
 */
export function readLine(functionName: string, line: LogLine): Incident | undefined {
  const json = parseJson(line.message);
  const lambda = lambdaSchema.safeParse(json);
  if (lambda.success) return saidByLambda(functionName, line, lambda.data);
  const parsed = lineSchema.safeParse(typeof json === 'object' && json !== null ? redactFields(json) : undefined);
  if (!parsed.success) return undefined;
  const fields = parsed.data;
  const mark = readMark(fields[KEPT_FIELD]);
  if (mark === undefined) return undefined;
  const { log_name, error_id, principal, key_id, method, resource, source_address } = fields;
  const thrown = fields['cause'] ?? fields['error'];
  const code = mark.kind === 'security' ? mark.security.toUpperCase() : codeOf(log_name, fields['error']);
  const route = method === undefined || resource === undefined ? undefined : `${method} ${resource}`;
  return {
    ...{ lineId: line.id, atMs: line.timestamp, kind: mark.kind, code, function: functionName },
    security: mark.kind === 'security' ? mark.security : undefined,
    place: [route, frameOf(thrown)]
      .filter((part) => part !== undefined)
      .join(' at ')
      .slice(0, MAX_PLACE_CHARS),
    message: messageOf(fields.message, fields).slice(0, MAX_MESSAGE_CHARS),
    requestId: fields.request_id ?? fields.invocation_id ?? null,
    errorId: error_id ?? null,
    principal: principal ?? (isClaim(mark) ? undefined : key_id) ?? null,
    sourceAddress: source_address ?? null,
    context: contextOf(fields),
    stack: stackOf(thrown),
  };
}

/** Whether a key that is named is only what somebody says who could not prove it; `context.key_id` has it all the same. */
function isClaim(mark: NonNullable<ReturnType<typeof readMark>>): boolean {
  return mark.kind === 'security' && (mark.security === 'authentication_failed' || mark.security === 'locked_out');
}

/** A call that was killed, and a function that could not start, wrote no line of their own. */
function saidByLambda(
  functionName: string,
  line: LogLine,
  { type, record }: z.output<typeof lambdaSchema>,
): Incident | undefined {
  const { status, errorType = '' } = record;
  const what = type === 'platform.report' ? endOf(status, errorType) : startOf(status);
  if (what === undefined) return undefined;
  return {
    ...{ lineId: line.id, atMs: line.timestamp, kind: 'error', security: undefined, function: functionName },
    ...{ ...what, place: '' },
    requestId: 'requestId' in record ? record.requestId : null,
    ...{ errorId: null, principal: null, sourceAddress: null, stack: null },
    context: errorType === '' ? {} : { error_type: errorType.slice(0, MAX_CODE_CHARS) },
  };
}

function endOf(status: string, errorType: string) {
  if (status === 'timeout') return { code: 'FUNCTION_TIMED_OUT', message: 'Lambda ended a call that took too long' };
  if (!errorType.startsWith('Runtime.')) return undefined;
  return { code: 'FUNCTION_DIED', message: 'The process of a call ended before it answered' };
}

function startOf(status: string) {
  if (status === 'success') return undefined;
  return { code: 'FUNCTION_NOT_STARTED', message: 'A process of the function could not start' };
}

/** A failed request has the code that its caller was told; all else the name of its message. */
function codeOf(logName: string, error: unknown): string {
  return typeof error === 'string' && /^[A-Z_]{3,64}$/.test(error) ? error : logName;
}

/** What the line is about, and what was thrown or refused. */
function messageOf(message: string, fields: Readonly<Record<string, unknown>>): string {
  const thrown = [fields['cause'], fields['error']].find((value) => typeof value === 'object' && value !== null);
  const why =
    thrown !== undefined && thrown !== null && typeof thrown === 'object' && 'message' in thrown
      ? thrown.message
      : fields['reason'];
  return typeof why === 'string' && why !== '' ? `${message}: ${why}` : message;
}

function contextOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  let chars = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (NOT_CONTEXT.has(name)) continue;
    const json = JSON.stringify(value, storable) ?? 'null';
    chars += name.length + json.length;
    if (chars > MAX_CONTEXT_CHARS) break;
    context[name] = JSON.parse(json);
  }
  return context;
}

/** DynamoDB's least number above zero (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html). */
const LEAST_NUMBER = 1e-130;

/** A number that the SDK or the table would refuse, and the whole row with it, is kept as text. */
function storable(_name: string, value: unknown): unknown {
  if (typeof value !== 'number' || value === 0) return value;
  const size = Math.abs(value);
  return size <= Number.MAX_SAFE_INTEGER && size >= LEAST_NUMBER ? value : String(value);
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
