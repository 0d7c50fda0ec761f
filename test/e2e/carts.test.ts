import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeAll, describe, expect, it } from 'vitest';
import { alertKey } from '#shared/alerts/alert-row.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { reserveStock } from '#shared/catalog/stock-transactions.ts';
import { cartEnd } from '#shared/checkout/cart-expiry.ts';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import { cartItem } from '#shared/checkout/cart-rows.ts';
import { sealCart, type UnsealedCart } from '#shared/checkout/cart-seal.ts';
import { newToken, tokenHash } from '#shared/checkout/tokens.ts';
import { HavenApiError } from '#shared/client/errors.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { shopSecretSchema } from '#shared/platform/aws/stage-secrets.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newId } from '#shared/platform/ids.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { awsOptions, callAsScheduled, clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { sendRaw } from '#test/support/raw-request.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

/** Of this run only: other tests have products of their own. */
const SKU = `CARTS-${randomUUID().slice(0, 8)}`;
const PIECES = 20;

checkShopAfterAll(SKU);

let haven: LocalHaven;
let parts: InProcess;
let key: string;
let storefront: HavenClient;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({
    body: { sku: SKU, name: 'T-shirt', price, stock: PIECES, stock_shards: 2, max_per_order: 10 },
  });
  const issued = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  key = issued.key ?? '';
  storefront = clientWith(haven.info, key);
});

async function newCart(): Promise<{ readonly id: string; readonly token: string }> {
  const { id, token } = await storefront.createCart();
  if (token === null) throw new Error('A new cart came without its token');
  return { id, token };
}

/** Status, code and message of what is refused, without what names the request. */
async function refusal(work: Promise<unknown>, id: string): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!(error instanceof HavenApiError)) throw error;
    const { message, user_message, details } = error.problem ?? {};
    return { status: error.status, code: error.code, message: message?.replaceAll(id, '…'), user_message, details };
  }
}

describe('a storefront with a publishable key', () => {
  it('makes a cart, fills it, reserves, changes and empties it', async () => {
    const { id, token } = await newCart();
    const params = { id, sku: SKU };
    const filled = await storefront.setCartLine({ params, token, body: { quantity: 2, reserve: true } });
    expect(filled).toMatchObject({
      version: 2,
      total: { amount: '5000', currency: 'USD' },
      lines: [{ sku: SKU, quantity: 2, reserved_until: expect.any(String) }],
    });
    const changed = await storefront.setCartLine({ params, token, body: { quantity: 3 }, ifMatch: '"v2"' });
    expect(changed.lines[0]).toMatchObject({ quantity: 3, reserved_until: filled.lines[0]?.reserved_until });
    expect(await refusal(storefront.deleteCartLine({ params, token, ifMatch: '"v2"' }), id)).toMatchObject({
      status: 412,
    });
    const { lines, version } = await storefront.deleteCartLine({ params, token });
    expect([lines, version]).toEqual([[], 4]);
    expect(await storefront.getCart({ params: { id }, token })).toMatchObject({ id, lines: [], version: 4 });
  });

  it('is told the same of a cart without its token, with none, with that of another, and of one that is not there', async () => {
    const [one, other] = [await newCart(), await newCart()];
    const unknown = 'crt_01JD8Q4X7M5N2V9C3R6T0W1YZA';
    const answers = [
      await refusal(storefront.getCart({ params: { id: one.id } }), one.id),
      await refusal(storefront.getCart({ params: { id: one.id }, token: 'wrong' }), one.id),
      await refusal(storefront.getCart({ params: { id: one.id }, token: other.token }), one.id),
      await refusal(storefront.getCart({ params: { id: unknown }, token: one.token }), unknown),
      await refusal(
        storefront.setCartLine({ params: { id: one.id, sku: SKU }, token: other.token, body: { quantity: 1 } }),
        one.id,
      ),
      await refusal(storefront.deleteCartLine({ params: { id: one.id, sku: SKU }, token: other.token }), one.id),
    ];
    expect(answers[0]).toMatchObject({ status: 404, code: 'CART_NOT_FOUND' });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each(['/admin/wallets', '/transactions', '/users', '/admin/api-keys', '/admin/alerts'])(
    'opens nothing else with its key: %s',
    async (path) => {
      expect((await sendRaw(haven.info, { method: 'GET', path, apiKey: key })).status).toBeGreaterThanOrEqual(403);
    },
  );

  it('is told the token once: a repeat of the request has the same cart and no token', async () => {
    const idempotencyKey = randomUUID();
    const first = await storefront.createCart({ idempotencyKey });
    expect(first.token).toMatch(/^[\w-]{43}$/);
    expect(await storefront.createCart({ idempotencyKey })).toEqual({ ...first, token: null });
  });

  it('shares the pieces that there are with others, and is told when there are none', async () => {
    const carts = await Promise.all(Array.from({ length: 8 }, newCart));
    const outcomes = await Promise.all(
      carts.map(async ({ id, token }) => {
        const work = storefront.setCartLine({ params: { id, sku: SKU }, token, body: { quantity: 3, reserve: true } });
        const refused = await refusal(work, id);
        return refused ?? 'reserved';
      }),
    );
    expect(outcomes.filter((one) => one === 'reserved')).toHaveLength(Math.floor(PIECES / 3));
    for (const one of outcomes)
      if (one !== 'reserved') expect(one).toMatchObject({ status: 409, code: 'OUT_OF_STOCK' });
    await Promise.all(carts.map(({ id, token }) => storefront.deleteCartLine({ params: { id, sku: SKU }, token })));
  });
});

describe('the deployed cart sweeper, with the rights that it has', () => {
  const HOUR_MS = 60 * 60 * 1000;

  /** Stores a cart as it would be after some time, with two pieces reserved, which are taken from stock. */
  async function aged(hours: number, reservedForMs: number, change: Partial<UnsealedCart> = {}): Promise<string> {
    const { SecretString } = await new SecretsManagerClient(awsOptions(haven.info)).send(
      new GetSecretValueCommand({ SecretId: 'haven/local/shop' }),
    );
    const { shop_key } = shopSecretSchema.parse(JSON.parse(SecretString ?? ''));
    const madeMs = Date.now() - hours * HOUR_MS;
    const id = newId('crt');
    const allocation = { sku: SKU, shard: 0, quantity: 2 };
    const sealed = sealCart(shop_key, {
      id,
      token_hash: tokenHash(shop_key, 'cart-token', id, newToken()),
      status: 'open',
      currency: 'USD',
      lines: [
        {
          sku: SKU,
          name: 'T-shirt',
          quantity: 2,
          unit_price: { amount: '2500', currency: 'USD' },
          offer: 1,
          stock_rows: 2,
          reservation: { until: isoTime(madeMs + reservedForMs), allocations: [allocation] },
        },
      ],
      created_at: isoTime(madeMs),
      updated_at: isoTime(madeMs),
      expires_at: cartEnd(isoTime(madeMs), madeMs),
      order_id: null,
      version: 2,
    });
    const write = new WriteTransaction();
    const refused = () => new Error('not stored');
    write.put(parts.tables.shop, cartItem({ ...sealed, ...change }), refused);
    reserveStock(write, parts.tables.shop, allocation, 1, refused);
    await write.commit(parts.client, Deadline.in(10_000, systemClock));
    return id;
  }

  const rowOf = (id: string) => readItem(parts.client, parts.tables.shop, cartKey(id));
  const reserved = async () => {
    const stocked = await createProductReader(parts.client, parts.tables.shop).read([{ sku: SKU, stockRows: 2 }]);
    return stocked.get(SKU)?.shards.reduce((sum, shard) => sum + shard.reserved, 0);
  };

  it('gives back what is over, deletes carts that have been over for a day, leaves the others, and tells of what was tampered with', async () => {
    const before = (await reserved()) ?? 0;
    const [holding, lapsed, old] = [await aged(0, HOUR_MS), await aged(1, 60_000), await aged(49, 60_000)];
    const tampered = await aged(1, 60_000, { currency: 'EUR' });
    // Each took two pieces, or would not be stored. They are not counted before: the schedule may have been by meanwhile.
    await callAsScheduled(haven, 'cart-sweeper');
    expect((await rowOf(holding))?.['version']).toBe(2);
    expect(await rowOf(lapsed)).toMatchObject({ version: 3, lines: [{ quantity: 2, reservation: null }] });
    expect(await rowOf(old)).toBeUndefined();
    // Of the one that is held, and of the one that nothing is given back for.
    expect(await reserved()).toBe(before + 4);
    expect(await rowOf(tampered)).toMatchObject({ currency: 'EUR', tampered_at: expect.any(String) });
    const alert = await readItem(parts.client, parts.tables.logs, alertKey(tampered.replace('crt_', 'alr_')));
    expect(alert).toMatchObject({ category: 'security', severity: 'CRITICAL', details: { cart_id: tampered } });
    // What an operator does then: its pieces are nobody's.
    await haven.client.reconcileStock({ body: { sku: SKU, repair: true } });
    expect(await reserved()).toBe(before + 2);
  });
});
