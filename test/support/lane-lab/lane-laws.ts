import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import * as z from 'zod';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { stageAudit } from '../in-process.ts';
import type { LabLane, LaneLab } from './lane-lab.ts';

/** What is to become of one intent: its end, and whether its value is on the chain. */
export interface ExpectedEnd {
  readonly valueWei: bigint;
  readonly status: Transaction['status'];
}

/** Only what was asked for moves its value; a no-op in its place moves none. */
function valueOnChain({ status, value }: Transaction): bigint {
  return status === 'confirmed' || status === 'reverted' ? BigInt(value) : 0n;
}

/**
 * Asserts what must hold of a lane at rest, whatever happened on the way: every intent has its end; those that were to be
 * executed are on the chain exactly once, by the hash that Haven names, and those given up are there as no-ops or not at
 * all, with consecutive nonces from zero; whoever asked to cancel was told which won; operators were told
 * once of each nonce that others used; and every audit stream is whole.
 *
 * @param ends by intent, in the order of acceptance; every value is of one intent only
 * @param firstBlock where to begin to look on the chain
 * @param foreignNonces nonces that others used with the same key
 * @param told those of them that are news: not what was used before the lane first looked
 */
export async function expectLaneLaws(
  lab: LaneLab,
  lane: LabLane,
  ends: readonly ExpectedEnd[],
  firstBlock = 0,
  foreignNonces: readonly number[] = [],
  told = foreignNonces,
): Promise<void> {
  const transactions = await lab.transactions(lane);
  expect(transactions.map(({ value, status }) => [BigInt(value), status])).toEqual(
    ends.map(({ valueWei, status }) => [valueWei, status]),
  );
  const history = await lab.chain.history(lane.wallet.address, firstBlock);
  expect(history.map(({ nonce }) => nonce)).toEqual(history.map((_, index) => index));
  const own = history.filter(({ nonce }) => !foreignNonces.includes(nonce));
  // What ended otherwise and is in a block nevertheless was given up by a no-op.
  const executed = transactions.filter(({ block_number }) => block_number !== null);
  expect(own.map(({ hash }) => hash).toSorted()).toEqual(executed.map(({ hash }) => hash).toSorted());
  expect(own.map(({ valueWei }) => valueWei).toSorted()).toEqual(executed.map(valueOnChain).toSorted());
  for (const { cancellation, status } of transactions) {
    if (cancellation === null) continue;
    expect(cancellation.outcome).toBe(status === 'confirmed' || status === 'reverted' ? 'lost' : 'won');
  }
  // No slot is left behind, and the next transaction gets the next nonce.
  const left = await lab.parts.lanes.store.load(lane.key);
  expect(left).toBeUndefined();

  expect((await foreignUsesTold(lab, lane)).toSorted()).toEqual(told.toSorted());

  const audit = stageAudit(lab.parts);
  for (const transaction of transactions) {
    expect(firstBreak(transaction.id, await audit.stored(transaction.id), transaction)).toBeNull();
  }
  const custody = await createWalletStore(lab.parts.client, lab.parts.tables.ledger).custodyState(lane.wallet.id);
  expect(firstBreak(lane.wallet.id, await audit.stored(lane.wallet.id), custody)).toBeNull();
}

const toldSchema = z.object({
  details: z.object({ address: z.string(), uses: z.array(z.object({ nonce: z.number() })) }),
});

/** The nonces that alerts say others used with a lane's key. */
async function foreignUsesTold({ parts }: LaneLab, { wallet }: LabLane): Promise<readonly number[]> {
  const { Items = [] } = await parts.client.send(
    new ScanCommand({
      TableName: parts.tables.logs,
      FilterExpression: 'category = :security AND details.address = :address',
      ExpressionAttributeValues: { ':security': 'security', ':address': wallet.address },
    }),
  );
  return Items.flatMap((item) => toldSchema.parse(item).details.uses.map(({ nonce }) => nonce));
}
