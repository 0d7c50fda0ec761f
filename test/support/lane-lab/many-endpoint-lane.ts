import { type ChainClients, createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';
import type { LabChain } from './lab-chain.ts';

/** Blocks come when the test says so, further apart than a driver stays. */
const CHAIN: ChainConfig = { ...TEST_CHAIN, block_time_ms: 12_000, required_confirmations: 3 };

/**
 * A lane with one queued transaction, and drivers of one process that see it through some endpoints, the first that is
 * listed first.
 *
 * @param nowMs when it begins: the time of the newest block
 */
export function manyEndpointLane(endpoints: readonly LabChain[], nowMs: number) {
  const { store, dynamo } = laneTables([queued(1)], { next_nonce: null, version: 0 });
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const clock = createFakeClock(nowMs);
  const known = new Map<string, ChainClients>();
  /** A process remembers what it saw of its endpoints as long as the secret lists the same. */
  const clientsOf = (through: readonly LabChain[]) => {
    const urls = through.map(({ rpcUrl }, index) => ({ url: rpcUrl, name: `endpoint-${index + 1}` }));
    const name = JSON.stringify(urls);
    const chain = { chains: [CHAIN], clock: clock.now, metrics: metrics.metrics };
    const clients = known.get(name) ?? createChainClients(async () => ({ [CHAIN.chain_id]: urls }), log.log, chain);
    known.set(name, clients);
    return clients;
  };
  return {
    log,
    metrics,
    /** Runs a driver once, as a kick would. */
    run(through = endpoints) {
      const deps = {
        store,
        wallets: { identity: async () => TEST_WALLET },
        chains: new ChainRegistry([CHAIN]),
        clients: clientsOf(through),
        signer: createTestSigner(),
        newId,
        clock: clock.now,
        sleep: async (durationMs: number) => clock.advance(durationMs),
        log: log.log,
        metrics: metrics.metrics,
      };
      return driveLane(deps, TEST_LANE, 'lied to', Deadline.in(30_000, clock.now));
    },
    transaction(): Transaction {
      const rows = dynamo.items('ledger').map(plainItem);
      return transactionSchema.parse(rows.find((row) => row['sk'] === 'TX'));
    },
    /** Blocks on some chains, as many on each, and the time that they take. */
    async mine(chains: LabChain | readonly LabChain[], blocks: number): Promise<void> {
      for (let block = 0; block < blocks; block += 1) {
        clock.advance(CHAIN.block_time_ms);
        for (const chain of [chains].flat()) await chain.mine(clock.now());
      }
    },
  };
}
