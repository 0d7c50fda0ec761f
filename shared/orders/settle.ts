import { isDeepStrictEqual } from 'node:util';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type AuditContent, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { applyReduction, type OrderChange } from './advance.ts';
import { ORDER_RETRY, type OrderDependencies, readOrder, reportChange } from './change-order.ts';
import type { Order, Payment } from './order.ts';
import type { OrderWithPayments } from './order-store.ts';
import { paymentAlerts } from './payment-alert.ts';
import { type OrderTables, paymentRow, putOrderChange } from './put-order.ts';
import { reduceOrder } from './reduce.ts';

/** What settling orders needs. */
export interface SettleDependencies extends OrderDependencies {
  /** Logs: where alerts are recorded. */
  readonly tables: OrderTables & { readonly logs: string };
}

/** What settling an order is judged by and on record as. */
export interface Settling {
  /** A part of Haven, for audit entries. */
  readonly actor: string;
  readonly requestId: string;
  /** The time up to which payments are known: milliseconds since the Unix epoch, at most now. See `reduceOrder`. */
  readonly knownUntilMs: number;
  /** Whether no endpoint could tell the balance that it should be judged by. By default it was told, or not asked for. */
  readonly isBalanceUnknown?: boolean;
  readonly deadline: Deadline;
}

/** What payments of an order are now, by the order and its payments as they are stored. */
export type Seen = (order: Order, stored: readonly Payment[]) => readonly Payment[];

/** An order and what was paid for it, as it is stored when it is settled. */
export type Found = OrderWithPayments;

/** What is written in the same transaction, whether or not anything becomes of the order: its version goes up in any case. */
export interface Beside {
  /** An entry on the order's stream, before those of what becomes of it. */
  readonly entry: Pick<AuditContent, 'action' | 'severity' | 'detail'>;
  /** Adds rows, each with its condition; `at` in ISO 8601. */
  put(write: WriteTransaction, at: string): void;
}

/**
 * Brings an order to where its payments and the time have it: reads them, reduces, and writes what changes in one transaction. It can be
 * called at any time, by anybody, any number of times. Payments that were just seen are stored in the same transaction, so that nobody
 * judges the order by some of them only. What operators must hear of it (`paymentAlerts`) is an alert in the same transaction.
 *
 * @param seen payments of this order as they are on the chain now, at most 20, or what they are by those that are stored, computed anew for
 *   each attempt; those that are stored so already change nothing
 * @param beside makes what is written besides, anew for each attempt
 * @returns the order as it is now
 * @throws ORDER_NOT_FOUND, WRITE_CONFLICT, DATABASE_ERROR, StockDrift
 */
export function settleOrder(
  deps: SettleDependencies,
  orderId: string,
  settling: Settling,
  seen: readonly Payment[] | Seen = [],
  beside?: (found: Found, seen: readonly Payment[]) => Beside,
): Promise<Order> {
  const { actor, requestId, knownUntilMs, isBalanceUnknown, deadline } = settling;
  return untilUnraced(
    async () => {
      const found = await readOrder(deps, orderId);
      const { payments } = found;
      const now = typeof seen === 'function' ? seen(found.order, payments) : seen;
      const besides = beside?.(found, now);
      const news = now.filter((one) => !isStored(one, payments));
      const newIds = new Set(news.map(({ id }) => id));
      const merged = [...payments.filter(({ id }) => !newIds.has(id)), ...news];
      const by = { actor, request_id: requestId, at: isoTime(deps.clock()), newId: deps.newId };
      const noted =
        besides && nextEntry(orderId, found.order, { actor, request_id: requestId, ...besides.entry }, by.at);
      const before = { ...found.order, ...noted?.head };
      const reduction = reduceOrder(before, merged, knownUntilMs, isBalanceUnknown);
      const change =
        applyReduction(before, reduction, by) ??
        (news.length === 0 && besides === undefined ? undefined : touch(before, by.at));
      if (change === undefined) return before;
      const write = new WriteTransaction();
      putOrderChange(
        write,
        deps.tables,
        noted ? { ...change, entries: [noted.entry, ...change.entries] } : change,
        news.map((one) =>
          paymentRow(
            payments.find(({ id }) => id === one.id),
            one,
          ),
        ),
      );
      besides?.put(write, by.at);
      const { isUndone } = reduction;
      const alerts = paymentAlerts({ before, after: change.after, isUndone, stored: payments, news }, deps.newId);
      for (const alert of alerts) recordAlert(write, deps.tables, alert);
      await write.commit(deps.client, deadline, deps.wait);
      reportChange(deps, change);
      for (const alert of alerts) reportAlert(deps, alert);
      return change.after;
    },
    ORDER_RETRY,
    deadline,
    deps.wait,
  );
}

function isStored(seen: Payment, payments: readonly Payment[]): boolean {
  const stored = payments.find(({ id }) => id === seen.id);
  return (
    stored !== undefined &&
    stored.status === seen.status &&
    stored.amount === seen.amount &&
    stored.block_at === seen.block_at &&
    stored.on_chain?.block_hash === seen.on_chain?.block_hash &&
    stored.is_watched === seen.is_watched &&
    stored.other_asset === seen.other_asset &&
    isDeepStrictEqual(stored.processor, seen.processor)
  );
}

/** One version more and nothing else: for who judged the order without the payment that is stored with it. */
function touch(before: Order, at: string): OrderChange {
  const after = { ...before, updated_at: at, version: before.version + 1 };
  return { before, after, stock: 'none', entries: [], notices: [] };
}
