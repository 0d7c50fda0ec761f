import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { encodeTime } from 'ulid';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { batchKey, OPEN_BATCHES } from '../batch/batch-record.ts';

/** Open batches that one read of the index lists: it has their keys only. */
const PAGE = 100;
/** Characters of a ULID that are its time (https://github.com/ulid/spec). */
const ULID_TIME_CHARS = 10;

const openBatchSchema = z.object({ gsi1sk: z.string().regex(/^bat_/) });

/** What of a batch says whose transactions are still to come. */
const membersSchema = z.object({
  members: z.array(z.object({ transaction: z.object({ wallet_id: z.string() }) })),
});

/** What looking at batches needs. */
export interface OldBatchesDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string };
}

/**
 * Tells whether a batch that is not stored whole yet may still bring a transaction of a wallet. The batches of others don't
 * matter: one that can't be stored must not hold up every sweep. One run's look: what a batch holds only gets less, so it is
 * read once.
 */
export function createOldBatches({ client, tables }: OldBatchesDependencies) {
  const walletsOf = new Map<string, ReadonlySet<string>>();

  async function page(until: string, after: string): Promise<readonly string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tables.ledger,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk > :after',
        ExpressionAttributeValues: { ':pk': OPEN_BATCHES, ':after': after },
        Limit: PAGE,
      }),
    );
    return Items.map((item) => openBatchSchema.parse(item).gsi1sk).filter((id) => id < until);
  }

  async function wallets(id: string): Promise<ReadonlySet<string>> {
    const known = walletsOf.get(id);
    if (known !== undefined) return known;
    // The index may lag behind one that is gone.
    const { members } = membersSchema.parse((await readItem(client, tables.ledger, batchKey(id))) ?? { members: [] });
    const found = new Set(members.map(({ transaction }) => transaction.wallet_id));
    walletsOf.set(id, found);
    return found;
  }

  return {
    /** @param acceptedByMs those accepted later are no matter: the wallet was rotated by then */
    async mayBring(walletId: string, acceptedByMs: number): Promise<boolean> {
      const until = `bat_${encodeTime(acceptedByMs + 1, ULID_TIME_CHARS)}`;
      for (let after = 'bat_', isLast = false; !isLast; ) {
        const ids = await page(until, after);
        for (const id of ids) if ((await wallets(id)).has(walletId)) return true;
        isLast = ids.length < PAGE;
        after = ids.at(-1) ?? after;
      }
      return false;
    },
  };
}

/** What `createOldBatches` makes. */
export type OldBatches = ReturnType<typeof createOldBatches>;
