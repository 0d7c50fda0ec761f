import * as z from 'zod';
import { type Product, productSchema } from '#shared/catalog/product.ts';
import { type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { cartSchema } from '#shared/checkout/cart.ts';
import { type Order, orderSchema, type Payment, paymentSchema } from '#shared/orders/order.ts';
import type { Finding } from './finding.ts';

const keysSchema = z.looseObject({ pk: z.string(), sk: z.string() });
const addressSchema = z.object({ order_id: z.string() });
/** A cart that was tampered with says since when: nothing that it claims counts any more. */
const checkedCartSchema = cartSchema.extend({ tampered_at: z.string().optional() });
const noticeSchema = z.object({ id: z.string(), order_id: z.string() });

/** An address and whose it is. */
interface AddressRow {
  /** Lower case. */
  readonly address: string;
  readonly order_id: string;
}

/** All of the shop, row by row. */
export interface ShopRows {
  readonly products: Map<string, Product>;
  readonly shards: StockShard[];
  readonly carts: Map<string, z.output<typeof checkedCartSchema>>;
  readonly orders: Map<string, Order>;
  readonly payments: Payment[];
  readonly addresses: AddressRow[];
  readonly notices: { readonly id: string; readonly order_id: string }[];
  /** Rows that are not what their keys say. */
  readonly unreadable: Finding[];
}

/** A shop without rows. */
export function noRows(): ShopRows {
  return {
    products: new Map(),
    shards: [],
    carts: new Map(),
    orders: new Map(),
    payments: [],
    addresses: [],
    notices: [],
    unreadable: [],
  };
}

/** Adds a row of the shop table to what is known of it. Rows of kinds that no rule is about are passed over. */
export function addRow(rows: ShopRows, item: unknown): void {
  const keys = keysSchema.safeParse(item);
  if (!keys.success) {
    rows.unreadable.push({ rule: 'unreadable', of: '?', says: 'has no key' });
    return;
  }
  const { pk, sk } = keys.data;
  const kind = READERS[`${pk.slice(0, pk.indexOf('#'))} ${sk.split('#', 1)[0] ?? ''}`];
  if (kind === undefined || kind(rows, item, pk)) return;
  rows.unreadable.push({ rule: 'unreadable', of: `${pk} ${sk}`, says: 'is not what its key says it is' });
}

type Reader = (rows: ShopRows, item: unknown, pk: string) => boolean;

/** By the kind in the partition key and the one in the sort key. */
const READERS: Readonly<Record<string, Reader>> = {
  'PRODUCT PRODUCT': reader(productSchema, (rows, product) => rows.products.set(product.sku, product)),
  'STOCK STOCK': reader(stockShardSchema, (rows, shard) => rows.shards.push(shard)),
  'CART CART': reader(checkedCartSchema, (rows, cart) => rows.carts.set(cart.id, cart)),
  'ORDER ORDER': reader(orderSchema, (rows, order) => rows.orders.set(order.id, order)),
  'ORDER PAYMENT': reader(paymentSchema, (rows, payment) => rows.payments.push(payment)),
  'PAYMENT_ADDRESS PAYMENT_ADDRESS': reader(addressSchema, (rows, { order_id }, pk) =>
    rows.addresses.push({ address: pk.slice('PAYMENT_ADDRESS#'.length), order_id }),
  ),
  'NOTICE NOTICE': reader(noticeSchema, (rows, notice) => rows.notices.push(notice)),
};

function reader<T>(schema: z.ZodType<T>, add: (rows: ShopRows, row: T, pk: string) => unknown): Reader {
  return (rows, item, pk) => {
    const parsed = schema.safeParse(item);
    if (parsed.success) add(rows, parsed.data, pk);
    return parsed.success;
  };
}
