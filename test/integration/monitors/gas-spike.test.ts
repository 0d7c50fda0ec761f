import { parseUnits, toQuantity } from 'ethers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gasPriceCheck } from '#shared/monitors/checks/gas-price.ts';
import type { GasBaseline } from '#shared/monitors/gas-baseline.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createMonitorBench } from '#test/support/fakes/monitor-bench.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { askChain } from '#test/support/local-haven.ts';

const MINUTE_MS = 60_000;
const USUAL_WEI = parseUnits('2', 'gwei');

let anvil: Anvil;
beforeEach(async () => {
  anvil = await startAnvil({ minesOnDemand: true });
});
afterEach(() => anvil.stop());

/** Has the chain's next block, and the price that is asked for after it, cost so much. */
async function costs(wei: bigint): Promise<void> {
  await askChain(anvil.rpcUrl, 'anvil_setNextBlockBaseFeePerGas', [toQuantity(wei)]);
  await askChain(anvil.rpcUrl, 'evm_mine', []);
}

/** Baselines in memory. */
function baselines() {
  let kept: GasBaseline | undefined;
  return {
    read: async () => kept,
    save: async (_chainId: number, _before: GasBaseline | undefined, after: GasBaseline) => {
      kept = after;
    },
  };
}

it('a spike of the gas price of a real chain is told by the run that sees it, and resolved when it is over', async () => {
  const clients = createChainClients(async () => ({ [TEST_CHAIN.chain_id]: [anvil.rpcUrl] }), createRecordingLog().log);
  const check = gasPriceCheck(TEST_CHAIN, clients, baselines(), thresholdsSchema.parse({}));
  const { run, clock, alerts } = createMonitorBench([check]);
  const nextRun = async (wei: bigint) => {
    await costs(wei);
    await run();
    clock.advance(MINUTE_MS);
  };
  for (let minute = 0; minute < 12; minute += 1) await nextRun(USUAL_WEI);
  expect(alerts()).toEqual([]);
  await nextRun(USUAL_WEI * 10n);
  await nextRun(USUAL_WEI * 10n);
  expect(alerts()).toMatchObject([
    { category: 'gas_price_spike', severity: 'WARNING', details: { chain_id: TEST_CHAIN.chain_id, threshold: 2 } },
  ]);
  await nextRun(USUAL_WEI);
  expect(alerts()).toMatchObject([{}, { severity: 'INFO', details: { notice: 'resolved' } }]);
});

it('a chain that does not answer resolves nothing, and is told of after three runs', async () => {
  const clients = createChainClients(async () => ({ [TEST_CHAIN.chain_id]: [anvil.rpcUrl] }), createRecordingLog().log);
  const check = gasPriceCheck(TEST_CHAIN, clients, baselines(), thresholdsSchema.parse({}));
  const { run, alerts } = createMonitorBench([check]);
  await run();
  await anvil.stop();
  for (let times = 0; times < 3; times += 1) await run();
  expect(alerts()).toMatchObject([{ category: 'alarm', details: { check: `gas_price:${TEST_CHAIN.chain_id}` } }]);
});
