import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { standAround } from '#test/support/crash/access-points.ts';
import { inProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const INTENTS = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const ENDS = INTENTS.map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const }));

/** Recovered within this time of the chain, or never. */
const RECOVERY_MS = 300_000;

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;
let lane: LabLane;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
beforeEach(async () => {
  lab = await LaneLab.open(haven, tables);
  lane = await lab.newLane();
});
afterEach(() => lab.close());
afterAll(() => tables.drop());

const sendAsStranger = (nonce: number, feeWei: bigint) => lab.chain.sendAsStranger(lane.wallet.address, nonce, feeWei);

/**
 * Works a lane, with a stranger who acts around the worker's first broadcast.
 *
 * @param side before: the node doesn't have the worker's bytes yet
 */
async function workBesideStranger(side: 'before' | 'after', act: () => Promise<void>): Promise<void> {
  // A URL of its own, by which its requests are known.
  const rpcUrl = `${lab.chain.rpcUrl}/?worker`;
  const { clock, sleep } = lab.time;
  const own = { tables: tables.names, queues: tables.queues, chains: [lab.config] };
  const parts = await inProcess(haven, { ...own, rpcUrl, clock, sleep });
  let hasActed = false;
  const stop = standAround(parts, [rpcUrl], async (name, effect) => {
    const isTime = !hasActed && name === 'eth_sendRawTransaction';
    if (isTime) hasActed = true;
    if (isTime && side === 'before') await act();
    const answer = await effect();
    if (isTime && side === 'after') await act();
    return answer;
  });
  try {
    const untilMs = clock() + RECOVERY_MS;
    await workLane(parts, lane.key, () => clock() < untilMs);
  } finally {
    stop();
  }
  expect(hasActed).toBe(true);
}

describe('a stranger who has the key', () => {
  it('and used nonces between two batches makes the next batch begin after them', async () => {
    await lab.accept(lane, INTENTS.slice(0, 2));
    await workLane(lab.parts, lane.key);
    await sendAsStranger(2, 10n ** 10n);
    await lab.time.sleep(lab.config.block_time_ms);
    await lab.accept(lane, INTENTS.slice(2));
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, ENDS, 0, [2]);
  });

  it('and uses a nonce that is claimed, before its bytes are broadcast, is got over without a human', async () => {
    await lab.accept(lane, INTENTS);
    await workBesideStranger('before', async () => {
      await sendAsStranger(0, 10n ** 10n);
      await lab.chain.mine(lab.time.clock() + 1_000);
    });
    await expectLaneLaws(lab, lane, ENDS, 0, [0]);
  });

  it('and whose transaction takes the place of bytes that the node has dropped is got over without a human', async () => {
    await lab.accept(lane, INTENTS);
    await workBesideStranger('after', async () => {
      await lab.chain.ask('anvil_removePoolTransactions', [lane.wallet.address]);
      await sendAsStranger(0, 10n ** 10n);
    });
    await expectLaneLaws(lab, lane, ENDS, 0, [0]);
  });
});
