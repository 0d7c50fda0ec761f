import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod';
import type { Route } from '#shared/platform/http/route.ts';
import { UsageError } from './usage-error.ts';

/** What every command understands, besides the fields of its route. */
export const COMMON_OPTIONS = {
  'api-url': { type: 'string' },
  stage: { type: 'string' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  body: { type: 'string' },
  'idempotency-key': { type: 'string' },
  'if-match': { type: 'string' },
  'token-file': { type: 'string' },
  'timeout-seconds': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

const commonSchema = z.object({
  'api-url': z.string().optional(),
  stage: z.string().optional(),
  json: z.boolean().default(false),
  all: z.boolean().default(false),
  body: z.string().optional(),
  'idempotency-key': z.string().optional(),
  'if-match': z.string().optional(),
  'token-file': z.string().optional(),
  'timeout-seconds': z.coerce.number({ error: '--timeout-seconds must be a number' }).positive().max(3_600).optional(),
  help: z.boolean().default(false),
});

/** Options that every command understands. */
export type CommonOptions = z.output<typeof commonSchema>;

/** A request as it was typed. */
export interface TypedRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly options: CommonOptions;
}

/**
 * Makes a request of what was typed: parameters of the path in their order, each field of the query or the body as an option of its name. A field
 * that is no text is read as JSON; `--body` gives the whole body as JSON, or as `@file`, `-` for standard input.
 *
 * @throws UsageError that names the option
 */
export function readArguments(route: Route, args: readonly string[]): TypedRequest {
  const queryFields = fieldsOf(route.query);
  const bodyFields = fieldsOf(route.body);
  const { values, positionals } = parsed(args, [...queryFields.keys(), ...bodyFields.keys()]);
  const given = new Map<string, unknown>(Object.entries(values));
  const common = commonSchema.safeParse(values);
  if (!common.success) throw new UsageError(common.error.issues.map(({ message }) => message).join('; '));
  const options = common.data;
  const take = (fields: ReadonlyMap<string, z.core.$ZodType>) => {
    const taken = [...fields].flatMap(([name, schema]) => {
      const text = given.get(optionOf(name));
      return typeof text === 'string' ? [[name, typedValue(schema, text)] as const] : [];
    });
    return Object.fromEntries(taken);
  };
  const whole = options.body === undefined ? {} : bodyOf(options.body);
  return {
    params: options.help ? {} : paramsOf(route, positionals),
    query: take(queryFields),
    body: { ...whole, ...take(bodyFields) },
    options,
  };
}

/** The option of a field: `wallet_id` is `--wallet-id`. */
export function optionOf(field: string): string {
  return field.replaceAll('_', '-');
}

/** The fields of a part of a request, by name; those of all its forms where it has several. */
export function fieldsOf(schema: z.ZodObject): ReadonlyMap<string, z.core.$ZodType> {
  return new Map(Object.entries(schema.shape));
}

function parsed(args: readonly string[], fields: readonly string[]) {
  const options = Object.fromEntries(fields.map((field) => [optionOf(field), { type: 'string' } as const]));
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, ...COMMON_OPTIONS },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    // Its own message names the option, and says how to write a text that begins with a hyphen.
    throw new UsageError(error instanceof Error ? error.message : 'These arguments can not be read');
  }
}

function paramsOf(route: Route, positionals: readonly string[]): Record<string, string> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (positionals.length !== names.length) {
    const wanted = names.length === 0 ? 'nothing' : names.map((name) => `<${name}>`).join(' ');
    throw new UsageError(`It takes ${wanted} besides its options, and was given ${positionals.length}`);
  }
  return Object.fromEntries(names.map((name, index) => [name, positionals[index] ?? '']));
}

/**
 * The value that an option's text stands for. A text stays one wherever the field can be one: an amount of wei must not become a number. What the
 * field does not take either way goes as it is, and the API says what is wrong with it.
 */
function typedValue(schema: z.core.$ZodType, text: string): unknown {
  if (z.safeParse(schema, text).success) return text;
  const value = jsonOf(text);
  return value !== undefined && z.safeParse(schema, value).success ? value : text;
}

function bodyOf(given: string): Record<string, unknown> {
  const text =
    given === '-' ? readFileSync(0, 'utf8') : given.startsWith('@') ? fileOf(given.slice(1), '--body') : given;
  const body = z.record(z.string(), z.unknown()).safeParse(jsonOf(text));
  if (!body.success) throw new UsageError('--body must be a JSON object, @ and a file of one, or - for standard input');
  return body.data;
}

/**
 * The text of a file that an option names.
 *
 * @throws UsageError that names the option
 */
export function fileOf(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`${option} names a file that can not be read: ${path}`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
