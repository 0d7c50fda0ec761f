import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { type Lags, TOO_MANY_REQUESTS } from './lags.ts';
import type { LaneLedger } from './lane-ledger.ts';
import type { Lies } from './lies.ts';
import type { ModelNode } from './model-node.ts';
import { signRemembered } from './remembered-signer.ts';
import type { Turn } from './turns.ts';

/** What is behind the ports of all drivers. */
export interface DriverSurroundings {
  readonly ledger: LaneLedger;
  readonly chain: ChainConfig;
  readonly node: ModelNode;
  readonly lags: Lags;
  readonly lies: Lies;
  /** Whether there is another endpoint. */
  readonly hasOther: boolean;
  /** Of the drivers. */
  readonly clock: Clock;
  /** By which a sleep ends. */
  readonly trueClock: Clock;
}

/** Makes the ports of one driver: every access waits for its turn. */
export function driverPorts({ ledger, chain, node, lags, lies, hasOther, clock, trueClock }: DriverSurroundings) {
  let made = 0;
  /** Sorts after all that is accepted. */
  const newId = () => transactionId(9_000 + ++made);
  return (turn: Turn): LaneDependencies => {
    const askOther: JsonRpc['askOther'] = (_besides, calls, read) =>
      turn('rpc', ({ refused, staleBy }) => {
        if (refused) return { kind: 'unusable' };
        return { kind: 'answered', value: read(node.answer(calls, staleBy), 'other'), endpoint: 'other' };
      });
    const client = new ChainClient({
      ask: async (calls, read) => {
        if (calls.length === 0) return read([]);
        return turn('rpc', ({ refused, staleBy }) => {
          if (refused) return read(calls.map(() => TOO_MANY_REQUESTS));
          const lie = staleBy > 0 ? undefined : lies.about(calls);
          return read(node.answer(calls, lie ?? (staleBy > 0 ? staleBy : lags.of(calls))), 'first');
        });
      },
      ...(hasOther ? { askOther } : {}),
    });
    return {
      store: ledger.storeFor(turn),
      wallets: { identity: async () => TEST_WALLET },
      chains: new ChainRegistry([chain]),
      clients: { for: async () => client },
      signer: { sign: (_wallet, digests) => turn('signer', () => signRemembered(digests)) },
      clock,
      newId,
      sleep: (durationMs) => turn('sleep', () => undefined, trueClock() + durationMs),
      log: createRecordingLog().log,
      metrics: createRecordingMetrics().metrics,
    };
  };
}
