import { randomUUID } from 'node:crypto';
import { Interface, Wallet } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { levelOf } from '#shared/catalog/stock.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { type Payment, paymentSchema } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { settleOrder } from '#shared/orders/settle.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { type InProcess, inProcess, stageAudit } from '#test/support/in-process.ts';
import {
  askChain,
  callAsScheduled,
  clientWith,
  ended,
  eventually,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

/** Of this run only: other tests have products of their own. */
const SKU = `REFUNDS-${randomUUID().slice(0, 8)}`;
const PIECES = 20;
const REASON = 'the customer asked';
/** The schedule alone would take a minute. */
const END_TIMEOUT_MS = 90_000;

checkShopAfterAll(SKU);

let haven: LocalHaven;
let parts: InProcess;
let storefront: HavenClient;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku: SKU, name: 'T-shirt', price, stock: PIECES, max_per_order: 100 } });
  const issued = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  storefront = clientWith(haven.info, issued.key ?? '');
  await callAsScheduled(haven, 'deposit-pool');
});

/** Orders two pieces. */
async function placed(asset: 'ETH' | 'HAVEN' = 'ETH') {
  const cart = await storefront.createCart();
  const token = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await storefront.setCartLine({ params: { ...params, sku: SKU }, token, body: { quantity: 2 } });
  const body = { chain_id: haven.info.chainId, asset, email: null, expected_total: total };
  const order = await storefront.checkOut({ params, token, body });
  return { id: order.id, token: order.token ?? '', due: BigInt(order.payment.amount_due) };
}

/** Settles an order by a confirmed payment, as a scanner does that has seen it. */
async function paid(id: string, amount: bigint) {
  const hash = `0x${(randomUUID() + randomUUID()).replaceAll('-', '')}`;
  const at = isoTime(Date.now());
  const payment: Payment = paymentSchema.parse({
    id: `${haven.info.chainId}:${hash}:native`,
    order_id: id,
    amount: amount.toString(),
    status: 'confirmed',
    block_at: at,
    on_chain: {
      chain_id: haven.info.chainId,
      block_number: 1,
      block_hash: hash,
      transaction_hash: hash,
      log_index: null,
      from: null,
    },
    is_watched: false,
    detected_at: at,
    confirmed_at: at,
  });
  const deps = {
    client: parts.client,
    tables: parts.tables,
    orders: createOrderStore(parts.client, parts.tables.shop),
    clock: systemClock,
    newId,
    log: createLog(() => undefined),
    metrics: { count: () => undefined },
  };
  const by = {
    actor: 'payment-scanner',
    requestId: 'e2e',
    knownUntilMs: Date.now(),
    deadline: Deadline.in(30_000, systemClock),
  };
  return settleOrder(deps, id, by, [payment]);
}

/** An order that was paid with so much more than is due. */
async function paidOrder(asset: 'ETH' | 'HAVEN' = 'ETH', more = 0n) {
  const order = await placed(asset);
  expect(await paid(order.id, order.due + more)).toMatchObject({ status: 'paid' });
  return order;
}

const newAddress = () => Wallet.createRandom().address;
const resultSchema = z.object({ result: z.string() });
const erc20 = new Interface(['function balanceOf(address) view returns (uint256)']);

/** What an address has, as the chain itself says. */
async function balance(address: string, asset: 'ETH' | 'HAVEN' = 'ETH'): Promise<bigint> {
  const call = { to: haven.info.tokenAddress, data: erc20.encodeFunctionData('balanceOf', [address]) };
  const answer = await (asset === 'ETH'
    ? askChain(haven.info.rpcUrl, 'eth_getBalance', [address, 'latest'])
    : askChain(haven.info.rpcUrl, 'eth_call', [call, 'latest']));
  return BigInt(resultSchema.parse(answer).result);
}

/** The end of a refund. */
function concluded(orderId: string, refundId: string) {
  return eventually(
    `the end of ${refundId}`,
    async () => {
      const { data } = await haven.client.listRefunds({ params: { id: orderId } });
      return data.find(({ id, status }) => id === refundId && status !== 'pending');
    },
    END_TIMEOUT_MS,
  );
}

async function available(): Promise<number> {
  const found = await createProductReader(parts.client, parts.tables.shop).read([{ sku: SKU, stockRows: 1 }]);
  return levelOf(found.get(SKU)?.shards ?? []).available;
}

describe('a refund on the deployed stack', () => {
  it('sends a customer all that was paid, to the address that was claimed, and the order is refunded', async () => {
    const { id, token, due } = await paidOrder();
    const to = newAddress();
    await storefront.claimRefundAddress({ params: { id }, token, body: { address: to } });
    const body = { kind: 'order', claimed_address: to, reason: REASON } as const;
    const idempotencyKey = `refund-${id}`;
    const refund = await haven.client.refundOrder({ params: { id }, body, idempotencyKey });
    expect(refund).toMatchObject({ status: 'pending', to, amount: due.toString(), address_from: 'customer' });
    expect(await haven.client.refundOrder({ params: { id }, body, idempotencyKey })).toEqual(refund);

    expect(await concluded(id, refund.id)).toMatchObject({ status: 'confirmed', failure: null });
    expect(await haven.client.getOrder({ params: { id } })).toMatchObject({ status: 'refunded' });
    expect(await balance(to)).toBe(due);
    const { wallet_id } = await haven.client.getTreasury({});
    expect(await ended(haven, refund.transaction_id)).toMatchObject({
      wallet_id,
      to,
      reference: `refund:${refund.id}`,
    });
    for (const one of [{ order_id: id }, { treasury: true }] as const) {
      expect(await haven.client.verifyAudit({ body: one })).toMatchObject({ verified: true, first_break: null });
    }
    const actions = (await stageAudit(parts).entries(id)).map(({ action }) => action);
    expect(actions.slice(-5)).toEqual([
      'order.refund_address_claimed',
      'order.refunding',
      'order.refund_accepted',
      'order.refunded',
      'order.refund_confirmed',
    ]);
    await expect(haven.client.refundOrder({ params: { id }, body })).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
    });
  });

  it('that the recipient refuses has failed, sends nothing, and another address gets it', async () => {
    const order = await placed();
    const { id } = order;
    await haven.client.cancelOrder({ params: { id }, body: { reason: REASON } });
    await paid(id, order.due);
    // The token's contract has no function that takes coin.
    const refusing = haven.info.tokenAddress;
    const before = await balance(refusing);
    const ask = (to: string) =>
      haven.client.refundOrder({ params: { id }, body: { kind: 'order', to, reason: REASON } });
    const first = await ask(refusing);
    expect(await concluded(id, first.id)).toMatchObject({ status: 'failed', failure: { code: expect.any(String) } });
    expect(await haven.client.getOrder({ params: { id } })).toMatchObject({ status: 'refunding' });
    expect(await balance(refusing)).toBe(before);

    const to = newAddress();
    const second = await ask(to);
    expect(await concluded(id, second.id)).toMatchObject({ status: 'confirmed' });
    expect(await haven.client.getOrder({ params: { id } })).toMatchObject({ status: 'refunded' });
    expect(await balance(to)).toBe(order.due);
    expect(await haven.client.verifyAudit({ body: { order_id: id } })).toMatchObject({ verified: true });
  });

  it('of the excess in a token leaves the order paid, and its pieces with it', async () => {
    const treasury = await haven.client.getTreasury({});
    const minted = await haven.client.mintTokens({ body: { to: treasury.address, amount: (10n ** 21n).toString() } });
    expect(await ended(haven, minted.id)).toMatchObject({ status: 'confirmed' });
    const more = 7n * 10n ** 18n;
    const { id } = await paidOrder('HAVEN', more);
    const left = await available();
    const to = newAddress();
    const refund = await haven.client.refundOrder({
      params: { id },
      body: { kind: 'excess', to, reason: REASON },
    });
    expect(await concluded(id, refund.id)).toMatchObject({ status: 'confirmed', amount: more.toString() });
    expect(await balance(to, 'HAVEN')).toBe(more);
    expect(await haven.client.getOrder({ params: { id } })).toMatchObject({ status: 'paid', flags: ['overpaid'] });
    expect(await available()).toBe(left);
    expect(await haven.client.listRefunds({ params: { id } })).toMatchObject({ refundable: { excess: '0' } });
    expect(await haven.client.fulfilOrder({ params: { id } })).toMatchObject({ status: 'fulfilled' });
  });

  it('is one, though five operators ask at once', async () => {
    const { id, due } = await paidOrder();
    const left = await available();
    const addresses = Array.from({ length: 5 }, newAddress);
    const asked = await Promise.allSettled(
      addresses.map((to) => haven.client.refundOrder({ params: { id }, body: { kind: 'order', to, reason: REASON } })),
    );
    const accepted = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(accepted).toHaveLength(1);
    for (const one of asked) {
      if (one.status === 'rejected') expect(['INVALID_TRANSITION', 'WRITE_CONFLICT']).toContain(one.reason.code);
    }
    expect(await concluded(id, accepted[0]?.id ?? '')).toMatchObject({ status: 'confirmed' });
    const got = await Promise.all(addresses.map((to) => balance(to)));
    expect(got.reduce((sum, one) => sum + one, 0n)).toBe(due);
    expect(await available()).toBe(left + 2);
  });

  it('is for keys that may give money back, and no others', async () => {
    const { id } = await paidOrder();
    const issued = await haven.client.createApiKey({ body: { name: 'fulfilment', scopes: ['orders:write'] } });
    const body = { kind: 'order', to: newAddress(), reason: REASON } as const;
    const fulfilment = clientWith(haven.info, issued.key ?? '');
    await expect(fulfilment.refundOrder({ params: { id }, body })).rejects.toMatchObject({ status: 403 });
    expect((await haven.client.listRefunds({ params: { id } })).data).toEqual([]);
  });
});
