import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { bindRoutes } from '#functions/payment-webhooks/handler.ts';
import { type Order, type Payment, type ProcessorOrderPayment, paymentSchema } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { applyTold } from '#shared/payments/processors/apply-told.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { processorInvoiceKey } from '#shared/payments/processors/processor-keys.ts';
import type { ReceiveDependencies } from '#shared/payments/processors/receive-webhook.ts';
import type { Told } from '#shared/payments/processors/told.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { KryptoExpressFields, Message, StandardFields } from '../../../bin/payments/messages.ts';
import { createFakeLimiter, PLENTY } from './fake-limiter.ts';
import { orderId, processorOrder } from './orders.ts';
import { TEST_PROCESSORS } from './processors.ts';
import { createShopDesk } from './shop-desk.ts';
import { createTestApi } from './test-api.ts';
import {
  KRYPTO_SECRET,
  kryptoBody,
  paidBody,
  STANDARD_SECRET,
  signedByKrypto,
  signedByStandard,
} from './webhook-messages.ts';

/**
 * The function that processors call, over the shop desk: an order of 0.01 BTC with invoice `inv-1` at a processor.
 *
 * @param before a desk that is done with, whose clients this one takes over
 */
export async function createWebhookDesk(
  processor: 'kryptoexpress' | 'acme' = 'acme',
  change: Partial<Omit<Order, 'payment'>> = {},
  before?: Parameters<typeof createShopDesk>[0],
) {
  const desk = createShopDesk(before);
  const { clock, client } = desk;
  desk.putProduct('TEE-M', [10]);
  const putBound = async (n: number, payment: Partial<ProcessorOrderPayment> = {}, of: typeof change = {}) => {
    const invoice_id = `inv-${n}`;
    await desk.putOrder(
      processorOrder({ id: orderId(n), ...of }, { processor: { name: processor, invoice_id, uri: null }, ...payment }),
    );
    desk.dynamo.put('shop', { ...processorInvoiceKey(processor, invoice_id), order_id: orderId(n) });
  };
  await putBound(1, {}, change);
  const depsOf = (of: DynamoDBDocumentClient): ReceiveDependencies => ({
    ...desk.requestDeps(of),
    tables: { shop: 'shop', audit: 'audit', logs: 'logs' },
    orders: createOrderStore(of, 'shop'),
    processors: new ProcessorRegistry(TEST_PROCESSORS),
    readSecrets: async () => ({ kryptoexpress: KRYPTO_SECRET, acme: STANDARD_SECRET }),
    graceMs: 120_000,
  });
  const counts = new Map<string, number>();
  const api = createTestApi(bindRoutes(depsOf(client)), {
    clock: clock.now,
    limiter: createFakeLimiter((key) => {
      const asked = (counts.get(key) ?? 0) + 1;
      counts.set(key, asked);
      return asked <= 10 ? PLENTY : { allowed: false, remaining: 0, resetMs: 60_000, retryAfterMs: 6_000 };
    }),
    log: depsOf(client).log,
    metrics: depsOf(client).metrics,
  });
  let addresses = 0;
  /** Sends from an address of its own, unless one is given. */
  const send = async (
    { headers, body }: Message,
    { to = processor, from, base64 = false }: { to?: string; from?: string; base64?: boolean } = {},
  ) => {
    addresses += 1;
    const response = await api.sendRaw({
      httpMethod: 'POST',
      resource: '/v1/webhooks/payments/{processor}',
      headers,
      pathParameters: { processor: to },
      multiValueQueryStringParameters: null,
      body: base64 ? Buffer.from(body, 'utf8').toString('base64') : body,
      isBase64Encoded: base64,
      requestContext: { requestId: `request-${addresses}`, identity: { sourceIp: from ?? `10.0.0.${addresses}` } },
    });
    const json = JSON.parse(response.body);
    return { status: response.statusCode, headers: response.headers, said: String(json.error ?? json.outcome), json };
  };
  const krypto = (fields: Partial<KryptoExpressFields> = {}): Message => signedByKrypto(kryptoBody(fields));
  const standard = (fields: Partial<StandardFields> = {}): Message =>
    signedByStandard(paidBody(clock.now(), fields), clock.now());
  /** What `standard` says, signed at another time than it is. */
  const stamped = (byMs: number): Message => signedByStandard(paidBody(clock.now()), clock.now() + byMs);
  /** What `standard` says, changed before it is signed. */
  const signedWith = (change: (body: string) => string): Message =>
    signedByStandard(change(paidBody(clock.now())), clock.now());
  /** Acts on what was told, without the API before it. */
  const apply = (told: Told, digest: string, of: DynamoDBDocumentClient = client) =>
    applyTold(depsOf(of), processor, told, digest, {
      requestId: 'request-1',
      deadline: Deadline.in(30_000, clock.now),
    });
  const payments = (): readonly Payment[] =>
    desk
      .rows('shop')
      .filter(({ sk }) => String(sk).startsWith('PAYMENT#'))
      .map((row) => paymentSchema.parse(row));
  /** All rows that are not limits: to be the same after what was refused. */
  const stored = () => JSON.stringify([desk.rows('shop'), desk.rows('audit')]);
  /** Sends what is to be refused, with nothing changed: the answer. */
  const refused = async (...message: Parameters<typeof send>) => {
    const before = stored();
    const { status, said } = await send(...message);
    expect(stored()).toBe(before);
    return `${status} ${said}`;
  };
  return { ...desk, putBound, send, refused, krypto, standard, stamped, signedWith, apply, payments, stored };
}

/** A webhook desk. */
export type WebhookDesk = Awaited<ReturnType<typeof createWebhookDesk>>;
