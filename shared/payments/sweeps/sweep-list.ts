import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { indexSources, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import {
  type DepositSweep,
  depositSweepKey,
  depositSweepPartition,
  depositSweepSchema,
  parseSweepId,
  sweepIdOf,
} from './deposit-sweep.ts';

/** A sweep under its id. */
export type ListedSweep = DepositSweep & { readonly id: string };

/** Which sweeps a list shows. */
export interface SweepFilter {
  readonly status?: DepositSweep['status'] | undefined;
  readonly chain_id?: number | undefined;
}

/** Lists sweeps of deposit addresses. */
export interface SweepList {
  /** Of the newest orders first. */
  list(filter: SweepFilter, before: string | undefined, limit: number): Promise<RowPage<ListedSweep>>;
}

const listedSchema = depositSweepSchema.transform((sweep): ListedSweep => ({ ...sweep, id: sweepIdOf(sweep) }));

/** Ids that a round reads where their chain tells which are wanted. */
const CHAIN_SEARCH = 100;

/**
 * Sweeps in the shop table.
 *
 * @param table the shop table
 */
export function createSweepList(client: DynamoDBDocumentClient, table: string): SweepList {
  const index = indexSources(client, table);
  const load = rowLoader(client, table, (id) => depositSweepKey(parseSweepId(id)), listedSchema);
  return {
    list({ status, chain_id }, before, limit) {
      const source =
        status === undefined ? index('gsi1', depositSweepPartition()) : index('gsi2', depositSweepPartition(status));
      const search =
        chain_id === undefined
          ? undefined
          : { idsAtOnce: CHAIN_SEARCH, accepts: (id: string) => parseSweepId(id).chain_id === chain_id };
      // An index may lag behind its rows.
      return readPage(source, load, (sweep) => status === undefined || sweep.status === status, before, limit, search);
    },
  };
}
