import { createHandler } from '#functions/deposit-sweeper/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import type { Order, Payment } from '#shared/orders/order.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import type { DepositSweepDependencies } from '#shared/payments/sweeps/deposit-pass.ts';
import { depositSweepKey, depositSweepSchema, depositSweepStream } from '#shared/payments/sweeps/deposit-sweep.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { createTreasuryReader, TREASURY_KEY } from '#shared/payments/treasury/treasury.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { queueKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { lambdaContext } from './api-request.ts';
import { createCrossing } from './crossing.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { answered, refused } from './fake-rpc.ts';
import { hash32, storedWallet, TEST_CHAIN, TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { plainItem } from './memory-dynamo.ts';
import { orderId, testOrder, testPayment } from './orders.ts';
import { storedPolicy } from './policies.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createSpendingDesk } from './spending-desk.ts';

/** The wallet that deposits go to, as long as no other is named. */
export const TREASURY = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W4001',
  address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
} as const;

/** Another wallet that may be named. */
export const NEXT_TREASURY = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W4002',
  address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
} as const;

/** A token that orders are paid in. */
export const DEPOSIT_TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

/** What the chain of the desk charges: a gwei for each unit of gas. */
export const GAS_PRICE_WEI = 1_000_000_000n;
/** What a transfer of coin takes, and what lanes allow for it. */
export const COIN_GAS = 21_000n;
const TOKEN_GAS = 50_000n;

const SWEEP = { order_id: orderId(1), chain_id: TEST_CHAIN.chain_id };

/**
 * Tables in memory with a paid order whose address is the test wallet's, a treasury, a chain that keeps balances, and any number of runs of the
 * deposit sweeper.
 */
export function createDepositDesk(
  options: {
    readonly policy?: Partial<PolicyRules>;
    readonly minimum?: bigint;
    readonly tokens?: readonly string[];
  } = {},
) {
  const desk = createSpendingDesk(options.policy === undefined ? undefined : storedPolicy(options.policy));
  const { dynamo, clock } = desk;
  const crossing = createCrossing(dynamo);
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const kicks = createRecordingKicker();
  const { deps } = desk.openProcess();
  const tokens = options.tokens ?? [DEPOSIT_TOKEN];
  /** By `asset address`, asset `coin` or a token, all in lower case. */
  const balances = new Map<string, bigint>();
  const chain = {
    head: 110,
    gasPriceWei: GAS_PRICE_WEI,
    fault: undefined as Error | undefined,
    refusesTokens: false,
    /** All that was paid for gas, by address. */
    gasPaid: new Map<string, bigint>(),
  };
  let alerts = 0;

  const nameOf = (asset: string, address: string) => `${asset} ${address}`.toLowerCase();
  const balanceOf = (asset: string, address: string) => balances.get(nameOf(asset, address)) ?? 0n;
  function give(asset: string, address: string, amount: bigint): void {
    balances.set(nameOf(asset, address), balanceOf(asset, address) + amount);
  }

  function setWallet(named: { readonly id: string; readonly address: string }, overrides: Partial<Wallet>): void {
    const wallet = storedWallet({ ...named, ...overrides });
    dynamo.put('ledger', { ...walletKey(named.id), ...wallet });
    const { status, paused } = wallet;
    dynamo.put('ledger', { ...custodyKey(named.id), ...unusedCustody({ status, paused }) });
  }
  function setTreasury(named: { readonly id: string; readonly address: string }): void {
    const row = { wallet_id: named.id, address: named.address, audit_seq: 1, audit_hash: hash32('treasury') };
    dynamo.put('ledger', { ...TREASURY_KEY, ...row, updated_at: isoTime(TEST_NOW_MS), version: 1 });
  }
  function putOrder(overrides: Partial<Order> = {}): void {
    const order = testOrder({ status: 'paid', ...overrides });
    const payment = { ...order.payment, wallet_id: TEST_WALLET.id, address: TEST_WALLET.address };
    dynamo.put('shop', orderItem({ ...order, payment }));
  }
  function putPayment(overrides: Partial<Payment> = {}): void {
    dynamo.put('shop', paymentItem(testPayment(1_000_000, { confirmed_at: isoTime(clock.now()), ...overrides })));
  }
  setWallet(TEST_WALLET, { purpose: 'deposit' });
  setWallet(TREASURY, { purpose: 'treasury' });
  setWallet(NEXT_TREASURY, { purpose: 'treasury' });
  setTreasury(TREASURY);
  give('coin', TREASURY.address, 10n ** 18n);
  putOrder();

  function answer({ method, params }: RpcCall): RpcOutcome {
    const [first] = params;
    const call = Object(first);
    const field = (name: string) => String(Reflect.get(call, name));
    switch (method) {
      case 'eth_getBlockByNumber': {
        const number = first === 'latest' ? chain.head : Number(first);
        return answered({ number: toQuantity(number), hash: hash32(`block ${number}`), timestamp: '0x1' });
      }
      case 'eth_getTransactionCount':
        return answered('0x0');
      case 'eth_getBalance':
        return answered(`0x${balanceOf('coin', String(first)).toString(16)}`);
      case 'eth_estimateGas': {
        const isToken = tokens.includes(field('to'));
        if (isToken && chain.refusesTokens) return refused('execution reverted');
        // What a margin of a fifth makes the gas of this chain.
        return answered(`0x${(((isToken ? TOKEN_GAS : COIN_GAS) * 10n) / 12n).toString(16)}`);
      }
      case 'eth_feeHistory': {
        const wei = `0x${(chain.gasPriceWei / 2n).toString(16)}`;
        return answered({ baseFeePerGas: [wei, wei], reward: [['0x0', '0x0', '0x0', '0x0']] });
      }
      case 'eth_call':
        return answered(
          `0x${balanceOf(field('to'), `0x${field('data').slice(-40)}`)
            .toString(16)
            .padStart(64, '0')}`,
        );
      default:
        throw new Error(`The chain of the desk does not know ${method}`);
    }
  }
  const chainClient = new ChainClient({
    async ask(calls, read) {
      if (chain.fault !== undefined) throw chain.fault;
      return read(calls.map(answer));
    },
  });

  /** The sweeper as a process of that name; its requests are let through one by one while the crossing is run. */
  function open(name: string, overrides: Partial<DepositSweepDependencies> = {}) {
    const client = crossing.client(name);
    const handle = createHandler({
      ...deps,
      client,
      tables: { ledger: 'ledger', shop: 'shop', audit: 'audit', logs: 'logs' },
      sweeps: createDepositSweepStore(client, 'shop'),
      treasury: createTreasuryReader(client, 'ledger'),
      wallets: createWalletStore(client, 'ledger', clock.now),
      chains: new ChainRegistry([TEST_CHAIN]),
      clients: { for: async () => chainClient },
      tokens: async () => tokens.map((token_address) => ({ token_address, minimum: options.minimum ?? 0n })),
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
    return (remainingMs?: number) => handle({}, lambdaContext(remainingMs));
  }

  const transactions = (): readonly Transaction[] =>
    dynamo
      .items('ledger')
      .map(plainItem)
      .filter((item) => item['sk'] === 'TX')
      .map((item) => transactionSchema.parse(item))
      .toSorted((one, other) => one.id.localeCompare(other.id));

  /** How a transaction has ended: out of its queue. */
  function end(before: Transaction, patch: Partial<Transaction>): void {
    dynamo.put('ledger', transactionItem({ ...before, updated_at: isoTime(clock.now()), ...patch }));
    dynamo.remove('ledger', queueKey({ chain_id: before.chain_id, address: before.from }, before.id));
  }

  /** Lets the chain execute all that is queued: moves what it moves, and what it costs. Fails for who hasn't what it takes. */
  function mine(): void {
    for (const before of transactions().filter(({ status }) => status === 'queued')) {
      chain.head += 1;
      const isToken = before.data !== '0x';
      const gas = isToken ? TOKEN_GAS : COIN_GAS;
      const fee = gas * chain.gasPriceWei;
      const amount = isToken ? BigInt(`0x${before.data.slice(-64)}`) : BigInt(before.value);
      const asset = isToken ? before.to : 'coin';
      const to = isToken ? `0x${before.data.slice(34, 74)}` : before.to;
      const costs = fee + (isToken ? 0n : amount);
      if (balanceOf('coin', before.from) < costs || balanceOf(asset, before.from) < amount) {
        throw new Error(`${before.reference} could not be paid for`);
      }
      give('coin', before.from, -fee);
      give(asset, before.from, -amount);
      give(asset, to, amount);
      chain.gasPaid.set(before.from, (chain.gasPaid.get(before.from) ?? 0n) + fee);
      end(before, {
        status: 'confirmed',
        succeeded: true,
        block_number: chain.head,
        gas_used: gas.toString(),
        effective_gas_price: chain.gasPriceWei.toString(),
      });
    }
  }

  const rowOf = ({ pk, sk }: { readonly pk: string; readonly sk: string }) =>
    dynamo
      .items('shop')
      .map(plainItem)
      .find((item) => item['pk'] === pk && item['sk'] === sk);
  const audit = createAuditStore(deps.client, 'audit');
  const sweep = () => {
    const row = rowOf(depositSweepKey(SWEEP));
    return row === undefined ? undefined : depositSweepSchema.parse(row);
  };

  return {
    ...desk,
    crossing,
    chain,
    clients: { for: async () => chainClient } satisfies ChainClients as ChainClients,
    log,
    metrics,
    open,
    run: (remainingMs?: number) => open('desk')(remainingMs),
    transactions,
    end,
    mine,
    give,
    balanceOf,
    setWallet,
    setTreasury,
    putOrder,
    putPayment,
    sweep,
    sweepRow: () => rowOf(depositSweepKey(SWEEP)),
    /** Payments that wait to be taken up. */
    marked: () =>
      dynamo
        .items('shop')
        .map(plainItem)
        .filter(({ gsi3pk }) => String(gsi3pk).startsWith('TO_SWEEP#')),
    entries: () => audit.entries(depositSweepStream(SWEEP)),
    alerts: () => dynamo.items('logs').map(plainItem),
    brokenAt: async () => {
      const head = sweep();
      const stream = depositSweepStream(SWEEP);
      return head === undefined ? null : firstBreak(stream, await audit.stored(stream), head);
    },
    /** Runs and mines until nothing is left to do. */
    async runToTheEnd(most = 8): Promise<void> {
      for (let run = 0; run < most; run += 1) {
        await open('desk')();
        mine();
        if (sweep()?.status !== 'open') return;
      }
    },
  };
}
