import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { laneOf } from '../accept.ts';
import type { LaneKicker } from '../lane/kick.ts';
import { laneName } from '../lane/lane.ts';
import { OPEN_BATCHES } from './batch-record.ts';
import { type FinishDependencies, finishBatch, readBatch } from './finish-batch.ts';

/** What finishing open batches needs. */
export interface FinishOpenDependencies extends FinishDependencies {
  readonly kicker: Pick<LaneKicker, 'kick'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A younger batch is probably being finished by whoever accepted it: an API function has ended after 15 seconds. */
const ABANDONED_AFTER_MS = 20_000;
/** Oldest first; what one run doesn't get to, the next minute's does. */
const BATCHES_PER_RUN = 25;

/**
 * Stores the members of batches that were accepted and left open, by a crash or an outage, and kicks their lanes. One
 * that fails is logged and left to the next run; it holds up no other.
 *
 * @returns how many were finished
 */
export async function finishOpenBatches(deps: FinishOpenDependencies, deadline: Deadline): Promise<number> {
  const { Items = [] } = await deps.client.send(
    new QueryCommand({
      TableName: deps.tables.ledger,
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: { ':pk': OPEN_BATCHES },
      Limit: BATCHES_PER_RUN,
    }),
  );
  let finished = 0;
  for (const { gsi1sk } of Items) {
    const id = String(gsi1sk);
    try {
      if (await finishIfAbandoned(deps, id, deadline)) finished += 1;
    } catch (error) {
      deps.log.write('BATCH_LEFT_OPEN', { batch_id: id, error });
    }
  }
  return finished;
}

async function finishIfAbandoned(deps: FinishOpenDependencies, id: string, deadline: Deadline): Promise<boolean> {
  const record = await readBatch(deps, id);
  // The index may lag behind a batch that was finished just now.
  if (record === undefined || record.members.length === 0) return false;
  if (deps.clock() - Date.parse(record.accepted_at) < ABANDONED_AFTER_MS) return false;
  await finishBatch(deps, record, deadline);
  const lanes = new Map(
    record.members.map(({ transaction }) => laneOf(transaction)).map((lane) => [laneName(lane), lane]),
  );
  await Promise.all([...lanes.values()].map((lane) => deps.kicker.kick(lane, 'schedule')));
  deps.log.write('BATCH_FINISHED', { batch_id: id, transactions: record.transaction_ids.length });
  return true;
}
