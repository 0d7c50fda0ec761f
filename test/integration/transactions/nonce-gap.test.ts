import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { createLaneReader } from '#shared/transactions/lane/lane-reader.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { openGap, passBlocks } from '#test/support/lane-lab/lane-steps.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const CHAIN = { block_time_ms: 12_000, required_confirmations: 2 };
/** Final is what is two deep, and a gap is not believed before three blocks. */
const PROOF_BLOCKS = 3;

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;
let lane: LabLane;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
beforeEach(async () => {
  lab = await LaneLab.open(haven, tables, CHAIN);
  lane = await lab.newLane();
});
afterEach(() => lab.close());
afterAll(() => tables.drop());

const state = () => createLaneReader(lab.parts.client, lab.parts.tables.ledger).get(lane.key);

/** Works the lane for one look, at which the gap is seen for the first time. */
async function seeGap(nonce: number) {
  await workLane(lab.parts, lane.key, () => false);
  const gap = (await state())?.gap;
  const head = await lab.chain.head();
  expect(gap).toEqual({ nonce, since_block: head, first_block: head });
  expect(lab.log.of('NONCE_GAP_SEEN')).toMatchObject([{ nonce }]);
  return gap?.since_block ?? 0;
}

describe('a nonce that a reorganisation has freed', () => {
  it('is given to the next in the queue, when the gap is proven and not before', async () => {
    await openGap(lab, lane, [{ valueWei: 1n }]);
    await lab.accept(lane, [{ valueWei: 2n }, { valueWei: 3n }]);
    const since = await seeGap(0);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(
      lab,
      lane,
      [1n, 2n, 3n].map((valueWei) => ({ valueWei, status: 'confirmed' as const })),
    );
    const [, second, third] = await lab.transactions(lane);
    expect([second?.nonce, third?.nonce]).toEqual([0, 2]);
    expect(second?.attempts[0]?.signed_at_block).toBe(since + PROOF_BLOCKS);
    expect(lab.log.of('GAP_FILLED')).toEqual([]);
  });

  it('is used by a no-op of the lane when only signed ones wait above it', async () => {
    await openGap(lab, lane, [{ valueWei: 1n }, { valueWei: 2n }]);
    const since = await seeGap(0);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(
      lab,
      lane,
      [1n, 2n, 0n].map((valueWei) => ({ valueWei, status: 'confirmed' as const })),
    );
    const filler = (await lab.transactions(lane))[2];
    expect(filler).toMatchObject({ nonce: 0, to: lane.wallet.address, data: '0x', waiting_for: null });
    expect(filler?.attempts[0]?.signed_at_block).toBe(since + PROOF_BLOCKS);
    expect(lab.log.of('GAP_FILLED')).toMatchObject([{ nonces: [0] }]);
  });

  it('is used by a no-op when what is queued is held and can not take it', async () => {
    await openGap(lab, lane, [{ valueWei: 1n }]);
    // More than the wallet has.
    await lab.accept(lane, [{ valueWei: 10n ** 20n }]);
    await workLane(lab.parts, lane.key, () => false);
    const untilMs = lab.time.clock() + 40 * CHAIN.block_time_ms;
    await workLane(lab.parts, lane.key, () => lab.time.clock() < untilMs);
    const history = await lab.chain.history(lane.wallet.address);
    expect(history.map(({ nonce, valueWei }) => [nonce, valueWei])).toEqual([
      [0, 0n],
      [1, 1n],
    ]);
    expect((await lab.transactions(lane)).map(({ status }) => status)).toEqual(['confirmed', 'queued', 'confirmed']);
  });

  it('is no gap when the stranger comes back in time: nothing is signed for it', async () => {
    await openGap(lab, lane, [{ valueWei: 1n }]);
    await seeGap(0);
    await lab.chain.sendAsStranger(lane.wallet.address, 0, 10n ** 11n);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, [{ valueWei: 1n, status: 'confirmed' }], 0, [0], []);
    expect(lab.log.of('GAP_FILLED')).toEqual([]);
  });

  it('is where the counter goes back to when nothing waits any more', async () => {
    await passBlocks(lab, 1);
    await lab.accept(lane, [{ valueWei: 1n }]);
    await workLane(lab.parts, lane.key);
    const [mined] = await lab.chain.history(lane.wallet.address);
    // Deeper than what this chain calls final, so that it takes a nonce along that no lane has in flight.
    await lab.chain.ask('anvil_reorg', [(await lab.chain.head()) - (mined?.blockNumber ?? 0) + 1, []]);
    expect(await lab.chain.history(lane.wallet.address)).toEqual([]);
    const validUntil = isoTime(lab.time.clock() + 2 * CHAIN.block_time_ms);
    await lab.accept(lane, [{ valueWei: 2n, validUntil }]);
    await seeGap(0);
    await passBlocks(lab, PROOF_BLOCKS);
    await workLane(lab.parts, lane.key);
    expect(await state()).toMatchObject({ next_nonce: 0, gap: null, in_flight: [] });

    await lab.accept(lane, [{ valueWei: 3n }]);
    await workLane(lab.parts, lane.key);
    expect((await lab.transactions(lane)).map(({ status }) => status)).toEqual(['confirmed', 'expired', 'confirmed']);
    expect(await lab.chain.history(lane.wallet.address)).toMatchObject([{ nonce: 0, valueWei: 3n }]);
  });
});
