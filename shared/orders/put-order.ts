import { appendEntry } from '#shared/audit/append-entry.ts';
import type { Allocation } from '#shared/catalog/stock.ts';
import { releaseStock, reserveAgain, sellStock } from '#shared/catalog/stock-transactions.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { type Condition, NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { OrderChange } from './advance.ts';
import { type Notice, noticeItem } from './notice.ts';
import type { Order, Payment } from './order.ts';
import {
  ALL_ORDERS,
  confirmingAtProcessors,
  DUE_ORDER_SHARDS,
  dueOrders,
  orderKey,
  ordersOfCustomer,
  paymentAddressKey,
  paymentKey,
  paymentsOfMonth,
  paymentsToSweep,
  statusPartition,
  watchedPayments,
  watchedPlace,
} from './order-keys.ts';
import type { OrderRow } from './order-rows.ts';

/** Where orders and their audit entries are. */
export interface OrderTables {
  readonly shop: string;
  readonly audit: string;
}

/**
 * Shards from which one order may take: with the order itself, its entries, notices and the rest of what a checkout writes, and with what
 * gives them back, below DynamoDB's 100 items.
 */
export const MAX_ALLOCATIONS = 80;

/** Counts of a shard that don't add up: there are fewer reserved pieces than an order holds. The reconciler's work. */
export class StockDrift extends Error {
  constructor({ sku, shard, quantity }: Allocation, orderId: string) {
    super(`Shard ${shard} of ${sku} has fewer reserved pieces than the ${quantity} that order ${orderId} holds`);
    this.name = 'StockDrift';
  }
}

/** If absent, and what is there is not shown: who writes orders need not be able to read the items by their keys. */
const UNSEEN: Condition = { ...NOT_EXISTS, showsExisting: false };

/** The item of an order: in an index of what is to be looked at as long as it waits for money or a processor's last word, and in that of its customer where known. */
export function orderItem(order: Order) {
  const { id, status, customer } = order;
  return {
    ...orderKey(id),
    ...order,
    gsi1pk: ALL_ORDERS,
    gsi1sk: id,
    gsi2pk: statusPartition(status),
    gsi2sk: id,
    ...lookedAt(order),
    ...(customer === null ? {} : { gsi4pk: ordersOfCustomer(customer), gsi4sk: id }),
  };
}

function lookedAt({ id, status, expires_at, created_at, status_since, stuck_told_at, payment }: Order) {
  const shard = shardOf(id, DUE_ORDER_SHARDS);
  if (status === 'awaiting_payment') {
    return { gsi3pk: dueOrders(payment.chain_id ?? 'processor', shard), gsi3sk: `${expires_at}#${id}` };
  }
  const isWaiting = status === 'confirming' && payment.chain_id === null && typeof stuck_told_at !== 'string';
  return isWaiting ? { gsi3pk: confirmingAtProcessors(shard), gsi3sk: `${status_since ?? created_at}#${id}` } : {};
}

/**
 * The item of a payment: listed by the month of its block, by chain and height while it is watched, and by chain and order while it is confirmed
 * and no sweep has taken note of it. A confirmed payment that is written whole by who didn't see that note is listed again, and looked at again.
 */
export function paymentItem(payment: Payment) {
  const { id, order_id, block_at, on_chain, is_watched, status } = payment;
  const watched =
    on_chain !== null && is_watched
      ? {
          gsi2pk: watchedPayments(on_chain.chain_id),
          gsi2sk: watchedPlace({ blockNumber: on_chain.block_number, orderId: order_id, paymentId: id, status }),
        }
      : {};
  return {
    ...paymentKey(order_id, id),
    ...payment,
    gsi1pk: paymentsOfMonth(block_at.slice(0, MONTH_LENGTH)),
    gsi1sk: `${block_at}#${order_id}#${id}`,
    ...watched,
    ...sweepMark(payment),
  };
}

/** One that was gone and is confirmed again is another look at the address. */
function sweepMark({ order_id, on_chain, status, confirmed_at, taken_up }: Payment) {
  if (on_chain === null || status !== 'confirmed' || taken_up === confirmed_at) return {};
  return { gsi3pk: paymentsToSweep(on_chain.chain_id), gsi3sk: order_id };
}

/** Of `2026-11` in an instant. */
const MONTH_LENGTH = 7;

/** The pieces that an order's lines name, by shard. */
export function allocationsOf({ lines }: Pick<Order, 'lines'>): readonly Allocation[] {
  return lines.flatMap(({ allocations }) => allocations);
}

/** Adds a new order to a transaction, if absent. Its stock, entry and notices are for whoever places it. */
export function putNewOrder(write: WriteTransaction, table: string, order: Order): void {
  write.put(table, orderItem(order), () => new Raced(`There is an order ${order.id} already`), UNSEEN);
}

/** Adds notices to a transaction. */
export function putNotices(write: WriteTransaction, table: string, notices: readonly Notice[]): void {
  for (const notice of notices) {
    write.put(table, noticeItem(notice), () => new Error(`There is a notice ${notice.id} already`), UNSEEN);
  }
}

/**
 * Adds to a transaction whose an address is, from now on and for ever: who sees a payment finds its order by it.
 *
 * @throws (at commit) Raced when it is another order's
 */
export function putPaymentAddress(write: WriteTransaction, table: string, address: string, orderId: string): void {
  const row = { ...paymentAddressKey(address), order_id: orderId };
  write.put(table, row, () => new Raced(`Address ${address} was given to an order before`), UNSEEN);
}

/**
 * A payment as it was seen, to be written with a change of its order (which has one version more, even where nothing else of it changes) on the
 * condition that nobody else stored it meanwhile.
 *
 * @param before as it was read; undefined: it is new
 */
export function paymentRow(before: Payment | undefined, after: Payment): OrderRow {
  const onConflict = () => new Raced(`Payment ${after.id} was stored meanwhile`);
  const condition: Condition =
    before === undefined
      ? UNSEEN
      : {
          expression: '#status = :before',
          names: { '#status': 'status' },
          values: { ':before': before.status },
          showsExisting: false,
        };
  return { item: paymentItem(after), onConflict, condition };
}

/**
 * Adds a change of an order to a transaction: on the condition of the version and the status that it was computed from, with what it does to
 * stock, its audit entries and its notices. Rows beside it that say something of it go with it and in no other way: it names them and they
 * name its version, so that nobody judges the one without the others (`readOrderRows`).
 *
 * @param rows payments, refunds and the like; each is one item more
 * @param onShort what it means that pieces can't be reserved again: gets the shard
 * @throws (at commit) Raced when the order was changed meanwhile, StockDrift
 */
export function putOrderChange(
  write: WriteTransaction,
  tables: OrderTables,
  { before, after, stock, entries, notices }: OrderChange,
  rows: readonly OrderRow[] = [],
  onShort: (allocation: Allocation) => Error = () => new Raced('Stock was taken meanwhile'),
): void {
  const { rows_written: _earlier, ...order } = after;
  const written = rows.length === 0 ? {} : { rows_written: rows.map(({ item }) => item.sk) };
  write.put(
    tables.shop,
    orderItem({ ...order, ...written }),
    () => new Raced(`Order ${before.id} was changed meanwhile`),
    {
      expression: '#version = :before AND #status = :from',
      names: { '#version': 'version', '#status': 'status' },
      values: { ':before': before.version, ':from': before.status },
      showsExisting: false,
    },
  );
  for (const { item, onConflict, condition } of rows) {
    write.put(tables.shop, { ...item, order_version: after.version }, onConflict, condition);
  }
  putStockEffect(write, tables.shop, { before, after, stock }, onShort);
  for (const entry of entries) appendEntry(write, tables.audit, entry);
  putNotices(write, tables.shop, notices);
}

function putStockEffect(
  write: WriteTransaction,
  table: string,
  { before, after, stock }: Pick<OrderChange, 'before' | 'after' | 'stock'>,
  onShort: (allocation: Allocation) => Error,
): void {
  if (stock === 'none') return;
  if (stock === 'reserve_again') {
    for (const one of allocationsOf(after)) reserveAgain(write, table, one, () => onShort(one));
    return;
  }
  const change = stock === 'sell' ? sellStock : releaseStock;
  for (const one of allocationsOf(before)) {
    // Whoever settles the same order at this moment has given its pieces back: the order says so as soon as it is let go of.
    const failed = (isBehindRival: boolean) =>
      isBehindRival ? new Raced(`Order ${before.id} is being changed`) : new StockDrift(one, before.id);
    change(write, table, one, (_, isBehindRival) => failed(isBehindRival));
  }
}
