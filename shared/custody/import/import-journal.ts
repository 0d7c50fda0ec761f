import * as z from 'zod';
import { purposeSchema } from '../wallet.ts';
import { REFUSALS, type Refusal } from './source-row.ts';

const refusalSchema = z.custom<Refusal>((value) => typeof value === 'string' && Object.hasOwn(REFUSALS, value));

/** What an import is of: it can be gone on with only as it began. */
export const importHeaderSchema = z.strictObject({
  haven_import: z.literal(1),
  /** Random; the ids of its wallets are made of it. */
  import_id: z.string(),
  started_at_ms: z.number().int(),
  source_sha256: z.string(),
  stage: z.string(),
  account: z.string(),
  region: z.string(),
  purpose: purposeSchema,
  tags: z.record(z.string(), z.string()),
  paused: z.boolean(),
  /** How the source was read: format, table, columns, encoding. */
  reading: z.string(),
});

/** What an import is of. */
export type ImportHeader = z.output<typeof importHeaderSchema>;

/** What became of one row. Addresses and ids only. */
export const rowOutcomeSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ line: z.number(), outcome: z.literal('imported'), address: z.string(), wallet_id: z.string() }),
  /** In a dry run: what would be imported. */
  z.strictObject({ line: z.number(), outcome: z.literal('importable'), address: z.string() }),
  /** A wallet of another import, or none of an import, has the address. */
  z.strictObject({ line: z.number(), outcome: z.literal('already_there'), address: z.string(), wallet_id: z.string() }),
  z.strictObject({
    line: z.number(),
    outcome: z.literal('refused'),
    address: z.string().nullable(),
    reason: refusalSchema,
    /** The row that has the same key. */
    first_line: z.number().optional(),
    /** The wallet that has the address, and no key. */
    wallet_id: z.string().optional(),
  }),
]);

/** What became of one row. */
export type RowOutcome = z.output<typeof rowOutcomeSchema>;

/**
 * How an import differs from the one that its journal began.
 *
 * @returns what differs, in words; empty: nothing
 */
export function differencesOf(journal: ImportHeader, now: ImportHeader): readonly string[] {
  const names = {
    source_sha256: 'the file',
    stage: 'the stage',
    account: 'the account',
    region: 'the region',
    purpose: 'the purpose',
    tags: 'the tags',
    paused: 'whether wallets are paused',
    reading: 'how the file is read (format, table, columns, encoding)',
  } as const;
  return Object.entries(names).flatMap(([field, name]) => {
    const [before, after] = [journal, now].map((header) =>
      JSON.stringify(Object.entries(header).find(([key]) => key === field)),
    );
    return before === after ? [] : [name];
  });
}
