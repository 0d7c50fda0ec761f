import type { Signer } from '#shared/custody/signer.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { driveLane, type LaneRun } from '#shared/transactions/lane/driver.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { createFakeClock, type FakeClock } from '#test/support/fakes/fake-clock.ts';
import {
  acceptedTransaction,
  TEST_CHAIN,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingLog, type RecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics, type RecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';
import { MODEL_LANE } from './lane-ledger.ts';
import { createMemoryLaneStore } from './memory-lane-store.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { ModelChain } from './model-chain.ts';
import { createModelNode } from './model-node.ts';
import { CALM, type Turn } from './turns.ts';

/** What a test decides about a lane on the bench. */
export interface BenchOptions {
  readonly chain?: Partial<ChainConfig>;
  readonly signer?: Signer;
  /** Replaces methods of the store. */
  readonly store?: (real: LaneStore) => Partial<LaneStore>;
  /** Answers a batch in the node's place, or breaks the connection; undefined: the node answers. Told what it would say. */
  readonly answer?: (
    calls: readonly RpcCall[],
    truly: () => readonly RpcOutcome[],
  ) => readonly RpcOutcome[] | Error | undefined;
  /**
   * The chain has another endpoint, which answers a batch so; undefined: as the node does. An error: it gives no answer.
   */
  readonly other?: (calls: readonly RpcCall[]) => readonly RpcOutcome[] | Error | undefined;
  /** Likewise a third one, which is asked when the other one is not to be asked. */
  readonly third?: BenchOptions['other'];
  /** Told after every sleep. */
  readonly onSleep?: () => void;
  /** What the account has; plenty unless said otherwise. */
  readonly balanceWei?: bigint;
}

/** One lane driver, a store in memory and a model chain that mines as time passes. */
export interface LaneBench {
  readonly clock: FakeClock;
  readonly chain: ModelChain;
  readonly ledger: MemoryLedger;
  readonly deps: LaneDependencies;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  /** The methods of every batch that was asked, in order. */
  readonly asked: readonly (readonly string[])[];
  /** The methods of every batch that the other endpoint was asked, in order. */
  readonly askedOther: readonly (readonly string[])[];
  /** Names of endpoints that were distrusted, in order. */
  readonly distrusted: readonly string[];
  /** Milliseconds of every sleep, in order. */
  readonly slept: readonly number[];
  /** Accepts the nth transaction. */
  accept(n: number, overrides?: Partial<Transaction>): void;
  /** The nth transaction as it is stored. */
  transaction(n: number): Transaction;
  /** Lets time pass. */
  pass(durationMs: number): void;
  /** Runs the driver once. */
  run(budgetMs?: number): Promise<LaneRun>;
}

/** Far more than a lane of a test takes. */
const PLENTY_WEI = 10n ** 18n;
const RUN_MS = 60_000;

/** Makes a bench. */
export function createLaneBench(options: BenchOptions = {}): LaneBench {
  const config = { ...TEST_CHAIN, ...options.chain };
  const clock = createFakeClock();
  const chain = new ModelChain({ startCount: 0, perBlock: 10 }, clock.now());
  chain.credit(options.balanceWei ?? PLENTY_WEI);
  const ledger = new MemoryLedger(() => undefined);
  ledger.custody.set(TEST_WALLET.id, unusedCustody());
  const node = createModelNode(chain, 'geth', () => undefined);
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const asked: string[][] = [];
  const askedOther: string[][] = [];
  const distrusted: string[] = [];
  const slept: number[] = [];
  const turn: Turn = async (_port, effect) => effect(CALM);
  const real = createMemoryLaneStore(ledger, turn);
  let nextBlockMs = clock.now() + config.block_time_ms;

  function pass(durationMs: number): void {
    const untilMs = clock.now() + durationMs;
    for (; nextBlockMs <= untilMs; nextBlockMs += config.block_time_ms) chain.mine(nextBlockMs);
    clock.advance(durationMs);
  }

  const others = Object.entries({ other: options.other, third: options.third });
  const askOther: NonNullable<JsonRpc['askOther']> = async (besides, calls, read) => {
    const [name, answer] = others.find(([one, has]) => has !== undefined && !besides.has(one)) ?? [];
    if (name === undefined || answer === undefined) return { kind: 'involved' };
    askedOther.push(calls.map(({ method }) => method));
    const given = answer(calls);
    if (given instanceof Error) return { kind: 'unusable' };
    return { kind: 'answered', value: read(given ?? node.answer(calls), name), endpoint: name };
  };
  const client = new ChainClient({
    async ask(calls, read) {
      if (calls.length === 0) return read([]);
      asked.push(calls.map(({ method }) => method));
      const given = options.answer?.(calls, () => node.answer(calls));
      if (given instanceof Error) throw given;
      return read(given ?? node.answer(calls), options.other === undefined ? undefined : 'first');
    },
    ...(options.other === undefined ? {} : { askOther }),
    distrust: (names) => {
      distrusted.push(...names);
    },
  });
  const deps: LaneDependencies = {
    store: { ...real, ...options.store?.(real) },
    wallets: { identity: async () => TEST_WALLET },
    chains: new ChainRegistry([config]),
    clients: { for: async () => client },
    signer: options.signer ?? createTestSigner(),
    newId: () => transactionId(9_000),
    clock: clock.now,
    sleep: async (durationMs) => {
      slept.push(durationMs);
      pass(durationMs);
      options.onSleep?.();
    },
    log: log.log,
    metrics: metrics.metrics,
  };
  return {
    clock,
    chain,
    ledger,
    deps,
    log,
    metrics,
    asked,
    askedOther,
    distrusted,
    slept,
    accept(n, overrides = {}) {
      const created_at = isoTime(clock.now());
      const required_confirmations = config.required_confirmations;
      const { transaction, entry } = acceptedTransaction(n, { created_at, required_confirmations, ...overrides });
      ledger.enqueue(transaction, entry);
    },
    transaction(n) {
      const found = ledger.transactions.get(transactionId(n));
      if (found === undefined) throw new Error(`Transaction ${n} was never accepted`);
      return found;
    },
    pass,
    run: (budgetMs = RUN_MS) => driveLane(deps, MODEL_LANE, 'invocation-1', Deadline.in(budgetMs, clock.now)),
  };
}
