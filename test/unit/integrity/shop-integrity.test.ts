import { describe, expect, it } from 'vitest';
import { productSchema } from '#shared/catalog/product.ts';
import { productItem } from '#shared/catalog/product-rows.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';
import { cartSchema } from '#shared/checkout/cart.ts';
import { cartItem } from '#shared/checkout/cart-rows.ts';
import type { Rule } from '#shared/integrity/finding.ts';
import { type HeldWallet, orderFindings } from '#shared/integrity/order-rules.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { cameInBy, stockFindings } from '#shared/integrity/stock-rules.ts';
import { orderSchema } from '#shared/orders/order.ts';
import { noticeKey, paymentAddressKey } from '#shared/orders/order-keys.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { storedProduct } from '#test/support/fakes/shop-rows.ts';

type Row = Record<string, unknown>;

const AT = '2026-11-22T12:00:00.000Z';
const ORDER = testOrder({}, { amount_paid: '400000' });
const SOLD = testOrder(
  { id: 'ord_01JD8Q4X7M5N2V9C3R6T000002', status: 'fulfilled', stock: 'sold', cart_id: 'crt_2' },
  {
    address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
    wallet_id: 'wal_2',
  },
);
const CART = {
  id: ORDER.cart_id,
  token_hash: 'h',
  status: 'checked_out',
  currency: 'USD',
  lines: [],
  checksum: 'c',
  created_at: AT,
  updated_at: AT,
  expires_at: AT,
  order_id: ORDER.id,
  version: 2,
};
const RESERVING = {
  ...CART,
  id: 'crt_3',
  status: 'open',
  order_id: null,
  lines: [
    {
      sku: 'TEE-M',
      name: 'T-shirt',
      quantity: 3,
      unit_price: { amount: '2500', currency: 'USD' },
      offer: 1,
      stock_rows: 1,
      reservation: { until: AT, allocations: [{ sku: 'TEE-M', shard: 0, quantity: 3 }] },
    },
  ],
};

/** A shop in which everything fits: 50 came in, 2 are sold, 5 held (2 by an order, 3 by a cart). */
function goodShop(): Row[] {
  return [
    productItem(storedProduct()),
    {
      ...stockKey('TEE-M', 0),
      ...{ sku: 'TEE-M', shard: 0, available: 43, reserved: 5, sold: 2, offer: 1, on_sale: true, changes: 9 },
    },
    cartItem(cartSchema.parse(CART)),
    cartItem(cartSchema.parse(RESERVING)),
    orderItem(ORDER),
    orderItem(SOLD),
    { ...paymentAddressKey(ORDER.payment.address), order_id: ORDER.id },
    { ...paymentAddressKey(SOLD.payment.address), order_id: SOLD.id },
    paymentItem(testPayment(400_000, { id: 'p1', order_id: ORDER.id, block_at: AT })),
    paymentItem(testPayment(900_000, { id: 'p2', order_id: ORDER.id, block_at: AT, status: 'orphaned' })),
    { ...noticeKey('merchant', 'evt_1'), id: 'evt_1', order_id: ORDER.id },
  ];
}

const holderOf = ({ id, payment: { wallet_id, address } }: typeof ORDER): HeldWallet => ({
  wallet_id,
  address,
  order_id: id,
});
const HELD: readonly HeldWallet[] = [holderOf(ORDER), holderOf(SOLD)];
/** The wallets, the first of them otherwise. */
const held = (change: Partial<HeldWallet>) => [{ ...holderOf(ORDER), ...change }, holderOf(SOLD)];
const CAME_IN = new Map([['TEE-M', 50]]);

function rulesBroken(items: readonly unknown[], held = HELD, cameIn = CAME_IN): readonly string[] {
  const rows = noRows();
  for (const item of items) addRow(rows, item);
  const found = [...rows.misfits, ...stockFindings(rows, cameIn), ...orderFindings(rows, held)];
  return found.map(({ rule }) => rule);
}

/** A changed row where indexes should have it. */
function placed(row: Row): Row {
  const bare = Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('gsi')));
  const order = orderSchema.safeParse(row);
  if (order.success) return { ...bare, ...orderItem(order.data) };
  const cart = cartSchema.safeParse(row);
  if (cart.success && row['tampered_at'] === undefined) return { ...bare, ...cartItem(cart.data) };
  const product = productSchema.safeParse(row);
  return product.success ? { ...bare, ...productItem(product.data) } : bare;
}

/** The shop with one row changed, or without it. */
function with_(sk: string, change: Row | undefined, pk = ''): readonly Row[] {
  const items = goodShop();
  const index = items.findIndex((row) => row['sk'] === sk && String(row['pk']).includes(pk));
  const row = items[index];
  if (row === undefined) throw new Error(`There is no ${sk}`);
  return change === undefined ? items.toSpliced(index, 1) : items.with(index, placed({ ...row, ...change }));
}

const payment = (change: object) => ({ payment: { ...ORDER.payment, ...change } });
const line = (change: object) => ({ lines: [{ ...ORDER.lines[0], ...change }] });

describe('a shop in which everything fits', () => {
  it('has nothing wrong', () => {
    expect(rulesBroken(goodShop())).toEqual([]);
  });

  it.each<[string, readonly Row[], readonly Rule[]]>([
    [
      'a row that is not what its key says',
      with_('ORDER', { status: 'lost' }, ORDER.id),
      ['unreadable', 'reserved', 'payment', 'payment', 'notice', 'cart', 'address', 'deposit_wallet'],
    ],
    ['a product without its shard', with_('STOCK', undefined), ['shard_missing', 'reserved', 'sold', 'on_hand']],
    ['stock without its product', with_('PRODUCT', undefined), ['shard_orphan', 'line', 'line']],
    ['a shard under an old offer', with_('STOCK', { offer: 2 }), ['offer']],
    ['a shard that is on sale against its product', with_('STOCK', { on_sale: false }), ['offer']],
    ['pieces reserved for nobody (Medusa #12401)', with_('STOCK', { reserved: 6, available: 42 }), ['reserved']],
    ['pieces held that are not counted', with_('STOCK', { reserved: 4, available: 44 }), ['reserved']],
    ['pieces of a cart that was tampered with', with_('CART', { tampered_at: AT }, RESERVING.id), ['reserved']],
    ['pieces sold to nobody', with_('STOCK', { sold: 3, available: 42 }), ['sold']],
    ['pieces that came from nowhere', with_('STOCK', { available: 44 }), ['on_hand']],
    [
      'a total that is not the sum',
      with_('ORDER', { total: { amount: '4999', currency: 'USD' } }, ORDER.id),
      ['money'],
    ],
    [
      'a currency that there is not',
      with_('ORDER', { total: { amount: '5000', currency: 'ZZZ' } }, ORDER.id),
      ['money', 'money'],
    ],
    ['a line of a product that is not there', with_('ORDER', line({ sku: 'GONE' }), ORDER.id), ['line', 'line']],
    [
      'a line that took other pieces than it has',
      with_('ORDER', line({ quantity: 1, unit_price: { amount: '5000', currency: 'USD' } }), ORDER.id),
      ['line'],
    ],
    [
      'an order that holds what its status does not',
      with_('ORDER', { status: 'cancelled' }, ORDER.id),
      ['stock_state'],
    ],
    ['an address that leads nowhere', with_('PAYMENT_ADDRESS', undefined), ['address']],
    ['an address that leads elsewhere', with_('PAYMENT_ADDRESS', { order_id: SOLD.id }), ['address', 'address']],
    ['an amount due of nothing', with_('ORDER', payment({ amount_due: '0' }), ORDER.id), ['payment']],
    ['payments that do not add up', with_('ORDER', payment({ amount_paid: '1300000' }), ORDER.id), ['payment']],
    ['a cart that became another order', with_('CART', { order_id: SOLD.id }, CART.id), ['cart']],
    ['a notice about nothing', with_('NOTICE', { order_id: 'ord_gone' }), ['notice']],
  ])('and then %s, names just that', (_name, items, rules) => {
    expect(rulesBroken(items).toSorted()).toEqual(rules.toSorted());
  });

  it.each([
    ['a product that a list does not show', 'PRODUCT', { gsi1pk: undefined }, ''],
    ['a product in the list of another currency', 'PRODUCT', { gsi3pk: 'PRODUCTS#currency:EUR' }, ''],
    ['a cart that its sweeper finds too late', 'CART', { gsi1sk: `2999-01-01T00:00:00.000Z#${CART.id}` }, CART.id],
    ['a cart whose reservations its sweeper does not find', 'CART', { gsi2pk: undefined }, RESERVING.id],
    ['an order in the list of another status', 'ORDER', { gsi2pk: 'ORDERS#paid' }, ORDER.id],
    ['an order that ended and is due', 'ORDER', { gsi3pk: 'DUE_ORDERS#0', gsi3sk: `${AT}#${SOLD.id}` }, SOLD.id],
  ])('and then %s, names its place', (_name, sk, change, pk) => {
    const items = goodShop();
    const row = items.find((one) => one['sk'] === sk && String(one['pk']).includes(pk));
    expect(rulesBroken([...items.filter((one) => one !== row), { ...row, ...change }])).toEqual(['index']);
  });

  it('passes a cart over that is in no index because it was tampered with', () => {
    const items = with_('CART', { tampered_at: AT }, CART.id);
    expect(rulesBroken(items)).toEqual([]);
  });

  it.each<[string, readonly HeldWallet[], number]>([
    ['a wallet that nobody holds', HELD.slice(1), 1],
    ['a wallet that is held for another order', held({ order_id: SOLD.id }), 2],
    ['a wallet with another address', held({ address: SOLD.payment.address }), 1],
    [
      'a wallet held for an order that is not there',
      [...HELD, { wallet_id: 'wal_9', address: '0x9', order_id: 'ord_9' }],
      1,
    ],
  ])('and then %s, names it', (_name, held, count) => {
    expect(rulesBroken(goodShop(), held)).toEqual(Array.from({ length: count }, () => 'deposit_wallet'));
  });

  it('counts nothing of what came in another asset', () => {
    const other = paymentItem(testPayment(7, { id: 'p3', order_id: ORDER.id, block_at: AT, other_asset: 'ETH' }));
    expect(rulesBroken([...goodShop(), other])).toEqual([]);
  });

  it('passes a wallet over that was retired, and rows of kinds that no rule is about', () => {
    const retired = { wallet_id: 'wal_9', address: '0x9', order_id: null };
    expect(rulesBroken([...goodShop(), { pk: 'LOW_STOCK#TEE-M', sk: 'LOW_STOCK' }], [...HELD, retired])).toEqual([]);
  });
});

describe('what came in', () => {
  it('is the stock of its creation, every adjustment and what repairs found missing, and nothing else that its stream tells', () => {
    const entries = [
      { action: 'product.created', detail: { stock: 10 } },
      { action: 'stock.adjusted', detail: { quantity: -3 } },
      { action: 'product.changed', detail: { stock: 99 } },
      { action: 'stock.adjusted', detail: { quantity: 5 } },
      {
        action: 'stock.repaired',
        detail: {
          shards: [
            { shard: 0, missing: 2 },
            { shard: 1, missing: 0 },
          ],
        },
      },
      { action: 'stock.repaired', detail: { shards: [{ shard: 3, missing: 1 }] } },
    ];
    expect(cameInBy(entries)).toBe(15);
  });
});
