import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** The audit stream of which wallet is the treasury. */
export const TREASURY_STREAM = 'treasury:deposits';

/** The key of the row that says which wallet it is, in the ledger. */
export const TREASURY_KEY = { pk: 'TREASURY#deposits', sk: 'SETTINGS' } as const;

const storedSchema = auditHeadSchema.extend({
  wallet_id: z.string(),
  /** Of the wallet; no wallet's ever changes. */
  address: z.string(),
  /** ISO 8601, UTC. */
  updated_at: z.string(),
  version: z.number().int(),
});

/** Which wallet deposits are swept to and refunds are sent from. Operators name it: no wallet is one by itself. */
export type Treasury = z.output<typeof storedSchema>;

/** Reads which wallet is the treasury. */
export interface TreasuryReader {
  /**
   * As it was named; whether the wallet may still be used is found by who uses it. Strongly consistent.
   *
   * @throws TREASURY_NOT_CONFIGURED
   */
  get(): Promise<Treasury>;
}

/**
 * The treasury as the ledger has it.
 *
 * @param table the ledger table
 */
export function createTreasuryReader(client: DynamoDBDocumentClient, table: string): TreasuryReader {
  return {
    async get() {
      const item = await readItem(client, table, TREASURY_KEY);
      if (item === undefined) {
        throw new HavenError('TREASURY_NOT_CONFIGURED', 'No treasury is named; PUT /admin/treasury names its wallet');
      }
      return storedSchema.parse(item);
    },
  };
}
