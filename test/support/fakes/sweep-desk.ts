import { encodeTime } from 'ulid';
import { createHandler } from '#functions/sweeper/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createSweepFinder } from '#shared/custody/lifecycle/find-sweep.ts';
import { type Sweep, sweepSchema, sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { newSweep, sweepKey } from '#shared/custody/lifecycle/sweep-row.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { assetKey } from '#shared/custody/policy/asset.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import { spendKey } from '#shared/custody/policy/spend-ledger.ts';
import { NOTHING_SPENT } from '#shared/custody/policy/spend-window.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { batchKey, OPEN_BATCHES } from '#shared/transactions/batch/batch-record.ts';
import { queueKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { SweepDependencies } from '#shared/transactions/sweep/sweep-pass.ts';
import { ACCEPTED_BY_MS } from '#shared/transactions/sweep/sweep-wallets.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { lambdaContext } from './api-request.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { answered } from './fake-rpc.ts';
import { hash32, storedWallet, TEST_CHAIN, TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { plainItem } from './memory-dynamo.ts';
import { storedPolicy } from './policies.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createSpendingDesk } from './spending-desk.ts';

/** What the test wallet was rotated to. */
export const HEIR = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W3001',
  address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
} as const;

/** What that one is rotated to. */
export const SECOND_HEIR = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W3002',
  address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
} as const;

/** A token that the stage has configured. */
export const SWEPT_TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

const HOUR_MS = 60 * 60_000;

/** As much of the row of a batch that is not stored whole as the sweeper reads: one of a wallet, accepted at a time. */
export function openBatch(acceptedAtMs: number, walletId: string) {
  const id = `bat_${encodeTime(acceptedAtMs, 10)}0000000000000000`;
  const members = [{ transaction: { wallet_id: walletId } }];
  return { ...batchKey(id), members, gsi1pk: OPEN_BATCHES, gsi1sk: id };
}

/** What the chain says of the wallet that is swept. */
export interface SweptAccount {
  balanceWei: bigint;
  /** By address. */
  readonly tokens: Map<string, bigint>;
  /** The base fee, in wei. */
  baseFeeWei: bigint;
  /** What asking the chain fails with; undefined: it answers. */
  fault: Error | undefined;
}

/**
 * Tables in memory with the test wallet, rotated with a sweep half an hour ago unless said otherwise, a chain of one account, and
 * any number of runs of the sweeper.
 */
export function createSweepDesk(
  options: { readonly policy?: Partial<PolicyRules>; readonly chains?: readonly ChainConfig[] } = {},
) {
  const desk = createSpendingDesk(options.policy === undefined ? undefined : storedPolicy(options.policy));
  const { dynamo, clock } = desk;
  const account: SweptAccount = { balanceWei: 10n ** 18n, tokens: new Map(), baseFeeWei: 10n ** 9n, fault: undefined };
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const kicks = createRecordingKicker();
  const { deps } = desk.openProcess();
  let alerts = 0;

  function setWallet(overrides: Partial<Wallet>): void {
    const rotated = { status: 'rotated', successor_id: HEIR.id, version: 2 } as const;
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet({ ...rotated, ...overrides }) });
    const { status = 'rotated', paused = false } = overrides;
    const before = desk.rowOf(custodyKey(TEST_WALLET.id)) ?? unusedCustody();
    const successor = { successor_id: HEIR.id, successor_address: HEIR.address };
    dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...before, ...successor, status, paused });
  }
  /** A wallet of the line, and its key state: with a successor when it has one. */
  function setSuccessor(named: Pick<Wallet, 'id' | 'address'>, overrides: Partial<Wallet>, next?: typeof named): void {
    const linked = next === undefined ? {} : { successor_id: next.id };
    const { status, paused, ...row } = storedWallet({ ...named, ...linked, ...overrides });
    dynamo.put('ledger', { ...walletKey(named.id), ...row, status, paused });
    const state = next === undefined ? {} : { ...linked, successor_address: next.address };
    dynamo.put('ledger', { ...custodyKey(named.id), ...unusedCustody({ status, paused, ...state }) });
  }
  const setHeir = (overrides: Partial<Wallet>, next?: Pick<Wallet, 'id' | 'address'>) =>
    setSuccessor(HEIR, overrides, next);
  function setSweep(overrides: Partial<Sweep> = {}): void {
    const at = isoTime(TEST_NOW_MS - ACCEPTED_BY_MS);
    const { sweep: begun, entry } = newSweep(TEST_WALLET.id, undefined, {
      ...{ actor: 'key_operator', requestId: 'request-1', reason: 'rotated', at },
    });
    const { stream, seq, ...rest } = entry;
    dynamo.put('audit', { pk: stream, seq, ...rest, ...indexAttributesOf(entry) });
    const sweep = { ...begun, ...overrides };
    dynamo.put('ledger', { ...sweepKey(TEST_WALLET.id), ...sweep, gsi1pk: 'OPEN_SWEEPS', gsi1sk: TEST_WALLET.id });
  }
  setWallet({});
  setHeir({});
  setSweep();

  function answer({ method, params }: RpcCall): RpcOutcome {
    const [call] = params;
    switch (method) {
      case 'eth_getBlockByNumber':
        return answered({ number: '0x6e', hash: hash32('block 110'), timestamp: '0x1' });
      case 'eth_getTransactionCount':
        return answered('0x0');
      case 'eth_getBalance':
        return answered(`0x${account.balanceWei.toString(16)}`);
      case 'eth_estimateGas':
        return answered('0x5208');
      case 'eth_feeHistory': {
        const wei = `0x${account.baseFeeWei.toString(16)}`;
        return answered({ baseFeePerGas: [wei, wei], reward: [['0x1', '0x1', '0x1', '0x1']] });
      }
      case 'eth_call': {
        const held = account.tokens.get(String(Reflect.get(Object(call), 'to')));
        return answered(held === undefined ? '0x' : `0x${held.toString(16).padStart(64, '0')}`);
      }
      default:
        throw new Error(`The chain of the desk does not know ${method}`);
    }
  }
  const client = new ChainClient({
    async ask(calls, read) {
      if (account.fault !== undefined) throw account.fault;
      return read(calls.map(answer));
    },
  });

  /** Another instance of the sweeper, with a network of its own; it begins with the first open sweep unless said otherwise. */
  function open(
    network: (request: SentRequest) => ScriptedAnswer | Error = dynamo.answer,
    overrides: Partial<Pick<SweepDependencies, 'find' | 'random'>> = {},
  ) {
    const documents = scriptedDocumentClient(createScriptedAws(network));
    const wallets = createWalletStore(documents, 'ledger', clock.now);
    return createHandler({
      ...deps,
      client: documents,
      tables: { ledger: 'ledger', audit: 'audit', logs: 'logs' },
      find: createSweepFinder(createSweepStore(documents, 'ledger'), wallets),
      wallets,
      chains: new ChainRegistry(options.chains ?? [TEST_CHAIN]),
      clients: { for: async () => client },
      tokens: async (chainId) => (chainId === TEST_CHAIN.chain_id ? [SWEPT_TOKEN] : []),
      funds: 'not_asked',
      newId: (prefix) => {
        if (prefix !== 'alr') return deps.newId();
        alerts += 1;
        return `alr_${alerts}`;
      },
      kicker: kicks.kicker,
      metrics: metrics.metrics,
      log: log.log,
      random: () => 0,
      ...overrides,
    });
  }

  const transactions = (): readonly Transaction[] =>
    dynamo
      .items('ledger')
      .map(plainItem)
      .filter((item) => item['sk'] === 'TX')
      .map((item) => transactionSchema.parse(item))
      .toSorted((one, other) => one.id.localeCompare(other.id));
  const audit = createAuditStore(deps.client, 'audit');

  return {
    ...desk,
    account,
    log,
    metrics,
    kicks,
    open,
    transactions,
    setWallet,
    setHeir,
    setSuccessor,
    setSweep,
    run: (remainingMs?: number) => open()({}, lambdaContext(remainingMs)),
    sweep: () => sweepSchema.parse(desk.rowOf(sweepKey(TEST_WALLET.id))),
    sweepRow: () => desk.rowOf(sweepKey(TEST_WALLET.id)),
    /** So many base units of the token count against a daily limit since this hour, and nothing else. */
    setSpent(amount: string): void {
      const asset = assetKey({ chain_id: TEST_CHAIN.chain_id, token_address: SWEPT_TOKEN });
      const buckets = { [String(Math.floor(TEST_NOW_MS / HOUR_MS))]: amount };
      dynamo.put('ledger', { ...spendKey(TEST_WALLET.id, asset), ...NOTHING_SPENT, buckets, version: 9 });
    },
    /** What the lane notes on all that is open. */
    noteAll(patch: Partial<Transaction>): void {
      for (const before of transactions().filter(({ status }) => status === 'queued')) {
        dynamo.put('ledger', transactionItem({ ...before, ...patch }));
      }
    },
    /** How all that is open has ended, now: out of its queue. */
    endAll(patch: Partial<Transaction>): void {
      for (const before of transactions().filter(({ status }) => status === 'queued')) {
        dynamo.put('ledger', transactionItem({ ...before, updated_at: isoTime(clock.now()), ...patch }));
        dynamo.remove('ledger', queueKey({ chain_id: before.chain_id, address: before.from }, before.id));
      }
    },
    entries: (stream: string) => audit.entries(stream),
    alerts: () => dynamo.items('logs').map(plainItem),
    brokenAt: async () =>
      firstBreak(
        sweepStream(TEST_WALLET.id),
        await audit.stored(sweepStream(TEST_WALLET.id)),
        sweepSchema.parse(desk.rowOf(sweepKey(TEST_WALLET.id))),
      ),
  };
}

/** Runs and lets everything that was accepted be confirmed, until nothing is left to do. */
export async function runToTheEnd(desk: ReturnType<typeof createSweepDesk>, most = 6): Promise<void> {
  for (let run = 0; run < most && desk.sweep().status === 'open'; run += 1) {
    await desk.run();
    desk.endAll({ status: 'confirmed' });
  }
}
