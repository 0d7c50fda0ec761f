import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { KEY_ENCODINGS } from '#shared/custody/import/key-text.ts';
import { SOURCE_FORMATS } from '#shared/custody/import/source.ts';
import { holdsSecret } from '#shared/custody/label-text.ts';
import { reservedTagIn } from '#shared/custody/reserved-tags.ts';
import { purposeSchema, tagsSchema } from '#shared/custody/wallet.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { BadUsage } from './usage.ts';

/**
 * KMS lets all callers of a region's account make 5,500 requests a second in most regions, and more in the largest
 * (https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html); what signs in production needs them too.
 */
const DEFAULT_RATE = 100;
const MAX_RATE = 2_000;
/** Each holds one key in clear. */
const DEFAULT_CONCURRENCY = 16;
const MAX_CONCURRENCY = 64;

const whole = (maximum: number) => z.coerce.number().int().min(1).max(maximum);
/** Paths are meant from where npm was called, which runs scripts in the project's folder. */
const path = z
  .string()
  .min(1)
  .transform((text) => resolve(process.env['INIT_CWD'] ?? process.cwd(), text));

const commonShape = {
  stage: z.string({ error: 'is required' }),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  'mfa-serial': z.string().optional(),
  'mfa-code': z.string().optional(),
  rate: whole(MAX_RATE).default(DEFAULT_RATE),
  concurrency: whole(MAX_CONCURRENCY).default(DEFAULT_CONCURRENCY),
  report: path.optional(),
  write: z.boolean().default(false),
};
const commonSchema = z.object(commonShape);

/** What every command is told. */
export interface CommonOptions {
  readonly stage: string;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly mfaSerial: string | undefined;
  readonly mfaCode: string | undefined;
  readonly pace: { readonly concurrency: number; readonly perSecond: number };
  readonly report: string | undefined;
  readonly write: boolean;
}

function commonOf(values: z.output<typeof commonSchema>): CommonOptions {
  return {
    stage: values.stage,
    account: values.account,
    region: values.region,
    mfaSerial: values['mfa-serial'],
    mfaCode: values['mfa-code'],
    pace: { concurrency: values.concurrency, perSecond: values.rate },
    report: values.report,
    write: values.write,
  };
}

/** Named twice, it can't be told apart which is meant. */
const importSchema = z.strictObject({
  ...commonShape,
  file: path,
  format: z.enum(SOURCE_FORMATS).optional(),
  table: z.string().min(1).optional(),
  'key-column': z.string().min(1).default('private_key'),
  'address-column': z.string().min(1).optional(),
  'label-column': z.string().min(1).optional(),
  'key-encoding': z.enum(KEY_ENCODINGS).default('hex'),
  delimiter: z
    .string()
    .default(',')
    .transform((text) => (text === '\\t' ? '\t' : text))
    .refine((text) => /^[\t\x20-\x7e]$/.test(text) && !/["\w]/.test(text), { error: 'must be one character' }),
  purpose: purposeSchema,
  tag: z
    .array(z.string().regex(/^[^=]+=.+$/, { error: 'must be KEY=VALUE' }))
    .max(10)
    .default([])
    .transform((texts) =>
      Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)])),
    )
    .pipe(
      tagsSchema
        .refine((tags) => !holdsSecret(tags), { error: 'looks like a key, which tags are no place for' })
        .refine((tags) => reservedTagIn(tags) === undefined, { error: 'names a tag that only Haven gives' }),
    ),
  paused: z.boolean().default(false),
  journal: path.optional(),
});

/**
 * Refuses files that are one and the same: a report or a journal must not take the place of the keys that are read.
 *
 * @param paths by the options that name them
 * @throws BadUsage
 */
function refuseSameFile(paths: Readonly<Record<string, string | undefined>>): void {
  const options = new Map<string, string>();
  for (const [option, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    const file = identityOf(path);
    const other = options.get(file);
    if (other !== undefined) throw new BadUsage(`${other} and ${option} name the same file`);
    options.set(file, option);
  }
}

/** Which file a path names, however it is written: links of both kinds and other letter cases lead to one. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found !== undefined) return `${found.dev}:${found.ino}`;
  try {
    // Not there yet: by its folder.
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/** What an import is told. */
export function importOptions(values: unknown) {
  const read = parsed(importSchema, values);
  const journal = read.journal ?? `${read.file}.${read.stage}.haven-import`;
  refuseSameFile({ '--file': read.file, '--journal': journal, '--report': read.report });
  return {
    ...commonOf(read),
    file: read.file,
    format: read.format,
    reading: {
      columns: { key: read['key-column'], address: read['address-column'], label: read['label-column'] },
      delimiter: read.delimiter,
      table: read.table,
    },
    encoding: read['key-encoding'],
    purpose: read.purpose,
    tags: read.tag,
    paused: read.paused,
    journal,
  };
}

const verifySchema = z
  .strictObject({
    ...commonShape,
    all: z.boolean().default(false),
    sample: whole(1_000_000).optional(),
    wallet: idSchema('wal').optional(),
    journal: path.optional(),
  })
  .refine(({ all, sample, wallet }) => [all, sample !== undefined, wallet !== undefined].filter(Boolean).length === 1, {
    error: 'say one of --all, --sample N and --wallet ID',
  });

/** What a verification is told. */
export function verifyOptions(values: unknown) {
  const read = parsed(verifySchema, values);
  const journal = read.all ? (read.journal ?? path.parse(`keys-verify-${read.stage}.journal`)) : undefined;
  refuseSameFile({ '--journal': journal, '--report': read.report });
  return { ...commonOf(read), sample: read.sample, wallet: read.wallet, journal };
}

const reencryptSchema = z.strictObject({
  ...commonShape,
  to: z.string({ error: 'is required' }),
  wallet: idSchema('wal').optional(),
});

/** What a move is told. */
export function reencryptOptions(values: unknown) {
  const read = parsed(reencryptSchema, values);
  return { ...commonOf(read), to: read.to, wallet: read.wallet };
}

/** The options of `parseArgs` for every command: which of them a command knows its schema says. */
export const ARGUMENTS = {
  ...Object.fromEntries(
    Object.keys({ ...importSchema.shape, ...verifySchema.shape, ...reencryptSchema.shape }).map((name) => [
      name,
      {
        type: ['write', 'paused', 'all'].includes(name) ? ('boolean' as const) : ('string' as const),
        multiple: name === 'tag',
      },
    ]),
  ),
  help: { type: 'boolean' as const, multiple: false },
};

function parsed<T>(schema: z.ZodType<T>, values: unknown): T {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path: at, message, code, ...issue }) => {
    const names =
      code === 'unrecognized_keys' && 'keys' in issue ? issue.keys.map((key) => `--${key}`).join(', ') : undefined;
    return names === undefined
      ? `${at.length === 0 ? '' : `--${at.join('.')} `}${message}`
      : `this command has no ${names}`;
  });
  throw new BadUsage(problems.join('\n  '));
}
