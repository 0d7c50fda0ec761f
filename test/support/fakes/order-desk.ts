import { bindRoutes as bindOrders } from '#functions/orders-api/handler.ts';
import { bindRoutes as bindStorefront } from '#functions/storefront-api/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { tokenHash } from '#shared/checkout/tokens.ts';
import type { Order } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import type { ScanKick } from '#shared/payments/scan/scan-kick.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk, type ShopDesk } from '#test/support/fakes/shop-desk.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

/** The token of every order of this desk. */
export const ORDER_TOKEN = 'A'.repeat(43);
/** Its first order. */
export const FIRST_ORDER = orderId(1);

/** Both functions that serve orders, over a shop desk: sends as anybody, with an Idempotency-Key of its own unless it brings one. */
export function serveOrders(desk: ShopDesk) {
  const scanKicks: ScanKick[] = [];
  const deps = {
    ...desk.checkoutDeps(desk.client),
    ...desk.requestDeps(desk.client),
    tables: desk.checkoutDeps(desk.client).tables,
    orders: createOrderStore(desk.client, 'shop'),
    refunds: createRefundStore(desk.client, 'shop'),
    audit: createAuditStore(desk.client, 'audit'),
    pager: createListPager(async () => 'a secret that signs cursors'),
    reservationMs: 600_000,
    emptyCurrency: 'USD',
    scanKicker: {
      kick: async (kick: ScanKick) => {
        scanKicks.push(kick);
      },
    },
  };
  const api = createTestApi([...bindOrders(deps), ...bindStorefront(deps)], {
    idempotency: createIdempotencyStore(desk.client, 'ephemeral', desk.clock.now),
    clock: desk.clock.now,
  });
  let keys = 0;
  const send = async (request: TestRequest) => {
    keys += 1;
    const response = await api.send({ ...request, headers: { 'Idempotency-Key': `key-${keys}`, ...request.headers } });
    return { ...response, json: JSON.parse(response.body) };
  };
  return { send, scanKicks };
}

/** A shop with orders, and both functions that serve them. */
export async function openOrderDesk(orders: readonly Partial<Order>[] = [{}]) {
  const desk = createShopDesk();
  desk.fillPool();
  desk.putProduct('TEE-M', [100]);
  for (const [index, one] of orders.entries()) {
    const id = orderId(index + 1);
    const order = testOrder({ id, token_hash: tokenHash(desk.shopKey, 'order-token', id, ORDER_TOKEN), ...one });
    await desk.putOrder(order, order.status === 'paid' ? [testPayment(1_000_000, { order_id: order.id })] : []);
  }
  const { send, scanKicks } = serveOrders(desk);
  const customer = (request: Partial<TestRequest> & Pick<TestRequest, 'path'>, token?: string) =>
    send({
      params: { id: FIRST_ORDER },
      scopes: 'carts:write',
      ...request,
      headers: { ...(token === undefined ? {} : { 'X-Order-Token': token }), ...request.headers },
    });
  const operator = (action: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}) =>
    send({
      method: 'POST',
      path: `/admin/orders/{id}/${action}`,
      params: { id: FIRST_ORDER },
      body,
      headers,
      scopes: 'orders:write',
    });
  return { ...desk, send, customer, operator, scanKicks };
}
