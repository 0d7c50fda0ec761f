import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { requestCancel } from '#shared/transactions/change-request.ts';
import { showStatus } from '#shared/transactions/status/show-status.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
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

  it('shows its gas price against what its transactions paid, and a spike when the node asks for more', async () => {
    const gas = async (spikeThreshold: number) => {
      const { client, tables: names, accept, lanes } = lab.parts;
      const deps = {
        store: createStatusStore(client, names.ledger),
        chains: accept.chains,
        clients: lanes.clients,
        ...{ clock: lab.time.clock, pendingThresholdMinutes: 5, gasSpikeThreshold: spikeThreshold },
      };
      const shown = await showStatus(deps, Deadline.in(10_000, lab.time.clock), lab.log.log);
      return shown.by_chain[0];
    };
    expect(await gas(2)).toMatchObject({ gas: null, gas_error: null });
    await lab.accept(lane, INTENTS);
    await workLane(lab.parts, lane.key);
    const suggestedWei = String(BigInt(String(await lab.chain.ask('eth_gasPrice'))));
    const [{ maxFeePerGasWei } = { maxFeePerGasWei: 0n }] = await lab.chain.history(lane.wallet.address);
    const ratio = (BigInt(suggestedWei) * 100n) / maxFeePerGasWei;
    expect(await gas(2)).toMatchObject({
      gas: {
        measure: 'gas_price',
        price_per_gas: suggestedWei,
        baseline_price_per_gas: String(maxFeePerGasWei),
        ratio: `0.${ratio}`,
        spike: false,
      },
      gas_error: null,
    });
    expect(await gas(Number(ratio) / 100)).toMatchObject({ gas: { spike: true } });
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
