import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { hash32 } from '#test/support/fakes/ledger-transactions.ts';
import { type BenchOptions, createLaneBench } from './lane-bench.ts';

/** Mainnet's pace: a run of the driver ends before the next block. In milliseconds. */
export const BLOCK_MS = 12_000;
/** A chain of that pace. */
export const SLOW_CHAIN = { block_time_ms: BLOCK_MS };

const STRANGER = {
  hash: hash32('stranger'),
  nonce: 0,
  valueWei: 9n,
  gasLimit: 21_000n,
  maxFeePerGas: 10n ** 10n,
  maxPriorityFeePerGas: 10n ** 9n,
  data: '0x',
};

/** A transaction that is three blocks deep in the chain of the first endpoint, and what the other one says to that. */
export async function deep(other: BenchOptions['other'], stranger = false, third?: BenchOptions['third']) {
  const others = { ...(other === undefined ? {} : { other }), ...(third === undefined ? {} : { third }) };
  const bench = createLaneBench({ chain: SLOW_CHAIN, ...others });
  bench.accept(1);
  await bench.run();
  if (stranger) {
    bench.chain.forgetPool();
    bench.chain.pool(STRANGER);
  }
  bench.pass(3 * BLOCK_MS);
  await bench.run();
  return bench;
}

/** What an endpoint says that is on a fork of its own, and has neither our transactions nor strangers'. */
export const elsewhere =
  (number: number, timestampSeconds = 1_800_000_000) =>
  (calls: readonly RpcCall[]): readonly RpcOutcome[] =>
    calls.map(({ method }) => {
      if (method === 'eth_getTransactionCount') return answered('0x0');
      if (method !== 'eth_getBlockByNumber') return answered(null);
      return answered({ number: toQuantity(number), hash: hash32('fork'), timestamp: toQuantity(timestampSeconds) });
    });
