import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { type Lags, TOO_MANY_REQUESTS } from './lags.ts';
import type { LaneLedger } from './lane-ledger.ts';
import type { Lies } from './lies.ts';
import type { ModelNode } from './model-node.ts';
import type { OtherEndpoint } from './other-endpoint.ts';
import { signRemembered } from './remembered-signer.ts';
import type { Turn } from './turns.ts';

/** What is behind the ports of all drivers. */
export interface DriverSurroundings {
  readonly ledger: LaneLedger;
  readonly chain: ChainConfig;
  readonly node: ModelNode;
  readonly lags: Lags;
  readonly lies: Lies;
  /** undefined: there is one endpoint. */
  readonly other: OtherEndpoint | undefined;
  readonly metrics: Metrics;
  /** Of the drivers. */
  readonly clock: Clock;
  /** By which a sleep ends. */
  readonly trueClock: Clock;
}

/** Makes the ports of one driver: every access waits for its turn. */
export function driverPorts(surroundings: DriverSurroundings) {
  const { ledger, chain, node, lags, lies, other, metrics, clock, trueClock } = surroundings;
  let made = 0;
  /** Sorts after all that is accepted. */
  const newId = () => transactionId(9_000 + ++made);
  return (turn: Turn): LaneDependencies => {
    const askThe =
      (one: OtherEndpoint): NonNullable<JsonRpc['askOther']> =>
      async (besides, calls, read) => {
        if (besides.has('other')) return { kind: 'involved' };
        return turn('rpc', ({ refused, staleBy }) => {
          const outcomes = one.answer(calls, staleBy, refused);
          if (outcomes === undefined) return { kind: 'unusable' };
          return { kind: 'answered', value: read(outcomes, 'other'), endpoint: 'other' };
        });
      };
    const client = new ChainClient({
      ask: async (calls, read) => {
        if (calls.length === 0) return read([]);
        return turn('rpc', ({ refused, staleBy }) => {
          if (refused) return read(calls.map(() => TOO_MANY_REQUESTS));
          const lie = staleBy > 0 ? undefined : lies.about(calls);
          return read(node.answer(calls, lie ?? (staleBy > 0 ? staleBy : lags.of(calls))), 'first');
        });
      },
      ...(other === undefined ? {} : { askOther: askThe(other) }),
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
      metrics,
    };
  };
}
