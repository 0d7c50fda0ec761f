import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requestCancel } from '#shared/transactions/change-request.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { passBlocks, submit } from '#test/support/lane-lab/lane-steps.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const CHAIN = { block_time_ms: 12_000, required_confirmations: 2, fee_model: 'legacy' } as const;
const INTENTS = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const ENDS = INTENTS.map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const }));

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;
let lane: LabLane;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
beforeEach(async () => {
  lab = await LaneLab.open(haven, tables, CHAIN, {}, { hardfork: 'berlin' });
  lane = await lab.newLane();
});
afterEach(() => lab.close());
afterAll(() => tables.drop());

describe('a chain without a base fee', () => {
  it('is one: its blocks ask nothing', async () => {
    expect(await lab.chain.ask('eth_getBlockByNumber', ['latest', false])).not.toHaveProperty('baseFeePerGas');
  });

  it('gets transactions of type 0, with one gas price of at least what the node suggests, mined and confirmed', async () => {
    const suggestedWei = BigInt(String(await lab.chain.ask('eth_gasPrice')));
    await lab.accept(lane, INTENTS);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, ENDS);
    const history = await lab.chain.history(lane.wallet.address);
    expect(history.map(({ type }) => type)).toEqual([0, 0, 0]);
    for (const { maxFeePerGasWei } of history) expect(maxFeePerGasWei).toBeGreaterThanOrEqual(suggestedWei);
  });

  it('has what is stuck replaced by type 0 with a tenth more', async () => {
    await submit(lab, lane, [{ valueWei: 1n, speed: 'fastest' }]);
    await lab.chain.setFull(true);
    await passBlocks(lab, 10);
    await lab.chain.setFull(false);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, ENDS.slice(0, 1));
    const [{ attempts } = { attempts: [] }] = await lab.transactions(lane);
    const [first, second] = attempts.map(({ max_fee_per_gas }) => BigInt(max_fee_per_gas));
    expect(attempts).toHaveLength(2);
    expect(10n * (second ?? 0n)).toBeGreaterThanOrEqual(11n * (first ?? 0n));
    expect(await lab.chain.history(lane.wallet.address)).toMatchObject([{ type: 0, maxFeePerGasWei: second }]);
  });

  it('has what is cancelled replaced by a no-op of type 0', async () => {
    const [{ id } = { id: '' }] = await submit(lab, lane, INTENTS.slice(0, 1));
    await lab.change(id, requestCancel);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, [{ valueWei: 1n, status: 'cancelled' }]);
    expect(await lab.chain.history(lane.wallet.address)).toMatchObject([{ type: 0, valueWei: 0n, nonce: 0 }]);
  });
});
