import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Interface, parseEther } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fund } from '#local/seed.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { isOnChain, type OnChainOrderPayment, type Order, type Payment } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { settleOrder } from '#shared/orders/settle.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { runDataCommand } from '#test/support/data-command.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import {
  askChain,
  awsOptions,
  callAsScheduled,
  clientWith,
  ended,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

const TABLES = { shop: 'haven-local-shop', audit: 'haven-local-audit', logs: 'haven-local-logs' };
/** Of this run only. */
const SKU = `SWEEPS-${randomUUID().slice(0, 8)}`;
const token = new Interface([
  'function balanceOf(address) view returns (uint256)',
  'function transfer(address, uint256) returns (bool)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);
const wordSchema = z.object({ result: z.string() });
const logsSchema = z.object({ result: z.array(z.object({ data: z.string() })) });
const receiptSchema = z.object({
  result: z.object({
    blockNumber: z.string(),
    blockHash: z.string(),
    logs: z.array(z.object({ logIndex: z.string() })),
  }),
});

checkShopAfterAll(SKU);

let haven: LocalHaven;
let storefront: HavenClient;
let client: ReturnType<typeof createDocumentClient>;
let treasury: string;
beforeAll(async () => {
  haven = localHaven();
  client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  ({ address: treasury } = await haven.client.getTreasury({}));
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku: SKU, name: 'T-shirt', price, stock: 20, max_per_order: 10 } });
  const issued = await haven.client.createApiKey({ body: { name: 'shop', scopes: ['catalog:read', 'carts:write'] } });
  storefront = clientWith(haven.info, issued.key ?? '');
  await callAsScheduled(haven, 'deposit-pool');
});

type PlacedOrder = Order & { readonly payment: OnChainOrderPayment; readonly shown: string };

async function placed(): Promise<PlacedOrder> {
  const cart = await storefront.createCart();
  const shown = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await storefront.setCartLine({
    params: { ...params, sku: SKU },
    token: shown,
    body: { quantity: 1 },
  });
  const body = { chain_id: haven.info.chainId, asset: 'ETH', email: null, expected_total: total };
  const order = await storefront.checkOut({ params, token: shown, body });
  const found = await createOrderStore(client, TABLES.shop).find(order.id);
  if (found === undefined) throw new Error(`No order ${order.id}`);
  const { payment } = found.order;
  if (!isOnChain(payment)) throw new Error(`Order ${order.id} is not to be paid on a chain`);
  return { ...found.order, payment, shown: order.token ?? '' };
}

async function ask(method: string, params: readonly unknown[]): Promise<bigint> {
  return BigInt(wordSchema.parse(await askChain(haven.info.rpcUrl, method, params)).result);
}

const coinOf = (address: string) => ask('eth_getBalance', [address, 'latest']);
const tokenOf = (address: string) =>
  ask('eth_call', [{ to: haven.info.tokenAddress, data: token.encodeFunctionData('balanceOf', [address]) }, 'latest']);

/** Amounts of the token that have gone from one address to another, the oldest first. */
async function tokensMoved(from: string, to: string): Promise<readonly bigint[]> {
  const topics = token.encodeFilterTopics('Transfer', [from, to]);
  const filter = { address: haven.info.tokenAddress, fromBlock: 'earliest', toBlock: 'latest', topics };
  const { result } = logsSchema.parse(await askChain(haven.info.rpcUrl, 'eth_getLogs', [filter]));
  return result.map(({ data }) => BigInt(data));
}

/** Settles an order by money that came, as whoever sees payments does. */
async function settle(order: PlacedOrder, hash: string, amount: bigint, other_asset?: string): Promise<void> {
  const { chain_id } = order.payment;
  const receipt = await askChain(haven.info.rpcUrl, 'eth_getTransactionReceipt', [hash]);
  const { blockNumber, blockHash, logs } = receiptSchema.parse(receipt).result;
  const log = logs[0] === undefined ? null : Number(logs[0].logIndex);
  const at = new Date().toISOString();
  const payment: Payment = {
    id: `${chain_id}:${hash}:${log ?? 'native'}`,
    order_id: order.id,
    amount: amount.toString(),
    ...(other_asset === undefined ? {} : { other_asset }),
    status: 'confirmed',
    block_at: at,
    on_chain: {
      chain_id,
      block_number: Number(blockNumber),
      block_hash: blockHash,
      transaction_hash: hash,
      log_index: log,
      from: null,
    },
    is_watched: false,
    detected_at: at,
    confirmed_at: at,
  };
  const deps = {
    client,
    tables: TABLES,
    orders: createOrderStore(client, TABLES.shop),
    clock: systemClock,
    newId,
    log: createRecordingLog().log,
    metrics: createRecordingMetrics().metrics,
    wait: async () => undefined,
  };
  const settling = { actor: 'test', requestId: randomUUID(), knownUntilMs: 0, deadline: Deadline.in(30_000, Date.now) };
  await settleOrder(deps, order.id, settling, [payment]);
}

/** The payment of an order in the list of a period, page by page: other files have payments, too. */
async function listedPayment(period: { readonly from: string; readonly to: string }, orderId: string) {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<HavenClient['listPayments']>> = await haven.client.listPayments({
      query: { ...period, limit: 100, ...(cursor === null ? {} : { cursor }) },
    });
    const own = page.data.find((one) => one.order_id === orderId);
    if (own !== undefined) return own;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return undefined;
}

/** Orders whose sweeps have ended. */
const done: string[] = [];

/** Runs the sweeper as its schedule does until the sweep of an order has ended. */
function swept(orderId: string) {
  const sweeps = createDepositSweepStore(client, TABLES.shop);
  return eventually(
    `the end of the sweep of ${orderId}`,
    async () => {
      await callAsScheduled(haven, 'deposit-sweeper');
      const sweep = await sweeps.get({ order_id: orderId, chain_id: haven.info.chainId });
      if (sweep === undefined || sweep.status === 'open') return undefined;
      done.push(orderId);
      return sweep;
    },
    150_000,
    2_000,
  );
}

describe('what a settled order was paid with, on the deployed stack', () => {
  it('in coin: is in the treasury, but for what its transfer may have cost', async () => {
    const order = await placed();
    const due = BigInt(order.payment.amount_due);
    const customer = await fundedWallet(haven, '3');
    const { chain_id, address: to } = order.payment;
    const paid = await haven.client.createTransaction({
      body: { wallet_id: customer.id, chain_id, to, value: due.toString() },
    });
    await settle(order, (await ended(haven, paid.id)).hash ?? '', due);
    expect(await haven.client.getOrder({ params: { id: order.id } })).toMatchObject({ status: 'paid' });
    const sweep = await swept(order.id);
    expect(sweep).toMatchObject({ status: 'done', failure: null, moves: [{ kind: 'sweep', status: 'confirmed' }] });
    const [move] = sweep.moves;
    const sent = await haven.client.getTransaction({ params: { id: move?.transaction_id ?? '' } });
    expect(sent).toMatchObject({ to: treasury, from: order.payment.address, status: 'confirmed' });
    const fee = BigInt(sent.gas_used ?? '0') * BigInt(sent.effective_gas_price ?? '0');
    const rest = await coinOf(order.payment.address);
    expect(BigInt(sent.value) + fee + rest).toBe(due);
    expect(sweep.left).toEqual([{ token_address: null, amount: rest.toString(), reason: 'not_worth_gas' }]);
  });

  it('in a token, by somebody who sent something else than was asked for: gas goes first, then the token comes', async () => {
    const order = await placed();
    const { address } = order.payment;
    await storefront.cancelOwnOrder({ params: { id: order.id }, token: order.shown });
    const user = await haven.client.createUser({ body: { external_id: `e2e-${randomUUID()}` } });
    await fund(haven.info.rpcUrl, user.address, '1');
    const amount = parseEther('3');
    const minted = await haven.client.mintTokens({ body: { user_id: user.id, amount: amount.toString() } });
    await ended(haven, minted.id);
    const paid = await haven.client.createTransaction({
      body: {
        wallet_id: user.wallet_id,
        chain_id: haven.info.chainId,
        to: haven.info.tokenAddress,
        data: token.encodeFunctionData('transfer', [address, amount]),
      },
    });
    const { hash } = await ended(haven, paid.id);
    expect(await tokenOf(address)).toBe(amount);
    await settle(order, hash ?? '', amount, 'HAVEN');
    const sweep = await swept(order.id);
    expect(sweep).toMatchObject({ status: 'done', failure: null, funders: [treasury.toLowerCase()] });
    expect(sweep.moves.slice(0, 2)).toMatchObject([
      { kind: 'gas', status: 'confirmed' },
      { kind: 'sweep', token_address: haven.info.tokenAddress, amount: amount.toString(), status: 'confirmed' },
    ]);
    expect(await tokenOf(address)).toBe(0n);
    // Not by what the treasury has, which others pay out of.
    expect(await tokensMoved(address, treasury)).toEqual([amount]);
    const gas = sweep.moves.filter(({ kind }) => kind === 'gas').reduce((sum, one) => sum + BigInt(one.amount), 0n);
    const sent = await Promise.all(
      sweep.moves
        .filter(({ kind }) => kind === 'sweep')
        .map(({ transaction_id }) => haven.client.getTransaction({ params: { id: transaction_id ?? '' } })),
    );
    const out = sent.reduce(
      (sum, one) => sum + BigInt(one.value) + BigInt(one.gas_used ?? '0') * BigInt(one.effective_gas_price ?? '0'),
      0n,
    );
    expect(out + (await coinOf(address))).toBe(gas);
    // The gas came to the address of an order, and is no payment of it.
    await callAsScheduled(haven, 'payment-scanner');
    const stored = await createOrderStore(client, TABLES.shop).find(order.id);
    expect(stored?.payments.map((payment) => payment.amount)).toEqual([amount.toString()]);
  });

  it('adds up with what the chain says, by the check of all data', async () => {
    expect(done).toHaveLength(2);
    const run = await runDataCommand(haven, ['check', '--stage', 'local', '--rpc-url', haven.info.rpcUrl]);
    expect(run.stdout).toMatch(/^\d+ rows, .*: \d+ findings$/m);
    // Other files make up payments that no chain has.
    expect(run.stdout.split('\n').filter((line) => done.some((id) => line.includes(id)))).toEqual([]);
  });

  it('is listed, tried again when an operator asks, and its stream verifies', async () => {
    const [orderId = ''] = done;
    const id = `${orderId}-${haven.info.chainId}`;
    const { data } = await haven.client.listDepositSweeps({ query: { status: 'done', limit: 100 } });
    expect(data.map((one) => one.id)).toContain(id);
    const { round } = await haven.client.getDepositSweep({ params: { id } });
    const again = await haven.client.retryDepositSweep({ params: { id }, body: { reason: 'to see what is left' } });
    expect(again).toMatchObject({ status: 'open', round: round + 1 });
    expect(await swept(orderId)).toMatchObject({ status: 'done', round: round + 1, failure: null });
    expect(await haven.client.verifyAudit({ body: { deposit_sweep: id } })).toMatchObject({ verified: true });
  });

  it('is in the list of payments, and in an export of the same period', async () => {
    const period = {
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() + 1_000).toISOString(),
    };
    const [orderId = ''] = done;
    const own = await listedPayment(period, orderId);
    expect(own).toMatchObject({
      asset: 'ETH',
      fiat_amount: '2500',
      fiat_currency: 'USD',
      swept: 'done',
      refunded: '0',
    });
    const times = ['--stage', 'local', '--from', period.from, '--to', period.to];
    const exported = (format: string) =>
      runDataCommand(haven, [...times, '--format', format], undefined, 'bin/payments/export.ts');
    const json = z.object({ payments: z.array(z.unknown()) }).parse(JSON.parse((await exported('json')).stdout));
    expect(json.payments).toContainEqual(own);
    const csv = await exported('csv');
    expect([csv.code, csv.stdout.includes(`${own?.id},${orderId},`)]).toEqual([0, true]);
  });
});
