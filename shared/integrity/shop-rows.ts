import * as z from 'zod';
import { type Product, productSchema } from '#shared/catalog/product.ts';
import { productItem } from '#shared/catalog/product-rows.ts';
import { type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { cartSchema } from '#shared/checkout/cart.ts';
import { cartItem } from '#shared/checkout/cart-rows.ts';
import { type Order, orderSchema, type Payment, paymentSchema } from '#shared/orders/order.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { type Refund, refundSchema } from '#shared/payments/refunds/refund.ts';
import { type DepositSweep, depositSweepSchema } from '#shared/payments/sweeps/deposit-sweep.ts';
import { depositSweepItem } from '#shared/payments/sweeps/deposit-sweep-row.ts';
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

/** An invoice of a processor and whose it is. */
interface InvoiceRow {
  /** `<processor>#<invoice id>` */
  readonly invoice: string;
  readonly order_id: string;
}

/** All of the shop, row by row. */
export interface ShopRows {
  readonly products: Map<string, Product>;
  readonly shards: StockShard[];
  readonly carts: Map<string, z.output<typeof checkedCartSchema>>;
  readonly orders: Map<string, Order>;
  readonly payments: Payment[];
  readonly refunds: Refund[];
  readonly addresses: AddressRow[];
  readonly invoices: InvoiceRow[];
  readonly sweeps: DepositSweep[];
  readonly notices: { readonly id: string; readonly order_id: string }[];
  /** What is wrong with rows by themselves: those that are not what their keys say, and those that lists don't show where they should. */
  readonly misfits: Finding[];
}

/** A shop without rows. */
export function noRows(): ShopRows {
  return {
    products: new Map(),
    shards: [],
    carts: new Map(),
    orders: new Map(),
    payments: [],
    refunds: [],
    addresses: [],
    invoices: [],
    sweeps: [],
    notices: [],
    misfits: [],
  };
}

/** Adds a row of the shop table to what is known of it. Rows of kinds that no rule is about are passed over. */
export function addRow(rows: ShopRows, item: unknown): void {
  const keys = keysSchema.safeParse(item);
  if (!keys.success) {
    rows.misfits.push({ rule: 'unreadable', of: '?', says: 'has no key' });
    return;
  }
  const { pk, sk } = keys.data;
  const read = READERS[`${pk.slice(0, pk.indexOf('#'))} ${sk.split('#', 1)[0] ?? ''}`];
  const finding = read?.(rows, keys.data);
  if (finding !== undefined) rows.misfits.push({ ...finding, of: `${pk} ${sk}` });
}

/** Adds an item to the rows. Says what is wrong with it by itself. */
type Reader = (rows: ShopRows, item: z.output<typeof keysSchema>) => Omit<Finding, 'of'> | undefined;

/** The keys of the shop table's indexes. */
const INDEX_KEYS = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'gsi3pk', 'gsi3sk', 'gsi4pk', 'gsi4sk'] as const;

/** By the kind in the partition key and the one in the sort key. */
const READERS: Readonly<Record<string, Reader>> = {
  'PRODUCT PRODUCT': reader(productSchema, (rows, product) => rows.products.set(product.sku, product), productItem),
  'STOCK STOCK': reader(stockShardSchema, (rows, shard) => rows.shards.push(shard)),
  'CART CART': reader(
    checkedCartSchema,
    (rows, cart) => rows.carts.set(cart.id, cart),
    (cart) => (cart.tampered_at === undefined ? cartItem(cart) : {}),
  ),
  'ORDER ORDER': reader(orderSchema, (rows, order) => rows.orders.set(order.id, order), orderItem),
  'ORDER PAYMENT': reader(paymentSchema, (rows, payment) => rows.payments.push(payment), paymentItem),
  'ORDER REFUND': reader(refundSchema, (rows, refund) => rows.refunds.push(refund)),
  'DEPOSIT_SWEEP CHAIN': reader(depositSweepSchema, (rows, sweep) => rows.sweeps.push(sweep), depositSweepItem),
  'PAYMENT_ADDRESS PAYMENT_ADDRESS': reader(addressSchema, (rows, { order_id }, pk) =>
    rows.addresses.push({ address: pk.slice('PAYMENT_ADDRESS#'.length), order_id }),
  ),
  'PROCESSOR_INVOICE PROCESSOR_INVOICE': reader(addressSchema, (rows, { order_id }, pk) =>
    rows.invoices.push({ invoice: pk.slice('PROCESSOR_INVOICE#'.length), order_id }),
  ),
  'NOTICE NOTICE': reader(noticeSchema, (rows, notice) => rows.notices.push(notice)),
};

/**
 * Reads rows of one kind.
 *
 * @param asWritten the item that is written of such a row, where its place in an index follows from it
 */
function reader<T>(
  schema: z.ZodType<T>,
  add: (rows: ShopRows, row: T, pk: string) => unknown,
  asWritten?: (row: T) => Readonly<Record<string, unknown>>,
): Reader {
  return (rows, item) => {
    const { success, data } = schema.safeParse(item);
    if (!success) return { rule: 'unreadable', says: 'is not what its key says it is' };
    add(rows, data, item.pk);
    const wanted = asWritten?.(data);
    const wrong = INDEX_KEYS.filter((name) => wanted !== undefined && item[name] !== wanted[name]);
    return wrong.length === 0 ? undefined : { rule: 'index', says: wrong.join(', ') };
  };
}
