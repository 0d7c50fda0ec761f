import { parseUnits } from 'ethers';
import { expect } from 'vitest';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { workLane } from './lab-worker.ts';
import type { LabIntent, LabLane, LaneLab } from './lane-lab.ts';

/** What blocks ask per gas before a test has it otherwise, on a chain with a base fee. */
export const USUAL_WEI = parseUnits('1', 'gwei');
/** What strangers offer, so that theirs is the first to be mined. */
export const STRANGERS_WEI = 100n * USUAL_WEI;

/** Lets blocks pass in which no worker does anything. */
export function passBlocks({ time, config }: LaneLab, count: number): Promise<void> {
  return time.sleep(count * config.block_time_ms);
}

/**
 * Accepts intents and lets a worker hand them to the node, on a chain whose blocks are further apart than a worker stays: no block
 * comes meanwhile.
 *
 * @returns the transactions as they are then
 */
export async function submit(
  lab: LaneLab,
  lane: LabLane,
  wanted: readonly LabIntent[],
): Promise<readonly Transaction[]> {
  if (lab.config.fee_model === 'eip1559') await lab.chain.setBaseFee(USUAL_WEI);
  await passBlocks(lab, 1);
  await lab.accept(lane, wanted);
  await workLane(lab.parts, lane.key, () => false);
  const submitted = await lab.transactions(lane);
  expect(submitted.map(({ status }) => status)).toEqual(wanted.map(() => 'submitted'));
  return submitted;
}

/**
 * Lets the node lose transactions, and blocks pass until who sent them hears that nothing came of them.
 *
 * @param sent in the node's pool
 */
export async function dropAndForget(
  lab: LaneLab,
  sent: readonly Pick<Transaction, 'hash'>[],
  blocks: number,
): Promise<void> {
  for (const { hash } of sent) await lab.chain.ask('anvil_dropTransaction', [hash]);
  await passBlocks(lab, blocks);
}

/**
 * Submits intents with nonces from 1, because a stranger used nonce 0; then that use leaves the chain.
 *
 * @returns the transactions as they are then
 */
export async function openGap(
  lab: LaneLab,
  lane: LabLane,
  wanted: readonly LabIntent[],
): Promise<readonly Transaction[]> {
  await passBlocks(lab, 1);
  await lab.chain.sendAsStranger(lane.wallet.address, 0, STRANGERS_WEI);
  const submitted = await submit(lab, lane, wanted);
  const hashes = submitted.map(({ hash }) => hash);
  const bytes = await Promise.all(hashes.map((hash) => lab.chain.ask('eth_getRawTransactionByHash', [hash])));
  await lab.chain.ask('anvil_reorg', [1, []]);
  // The node keeps what can't be mined yet only if it comes anew.
  await lab.chain.ask('anvil_removePoolTransactions', [lane.wallet.address]);
  for (const raw of bytes) await lab.chain.ask('eth_sendRawTransaction', [raw]);
  return submitted;
}
