import type { Alert } from '#shared/alerts/alert.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Order, OrderFlag, OrderStatus, Payment } from './order.ts';

/** What payments have made of an order, in one write. */
export interface PaymentsChanged {
  readonly before: Order;
  readonly after: Order;
  /** Whether its payments no longer cover an order that they had covered for good. */
  readonly isUndone: boolean;
  /** All payments as they were stored. */
  readonly stored: readonly Payment[];
  /** Those that are stored now, as they are now. */
  readonly news: readonly Payment[];
}

type Facts = Omit<Alert, 'id' | 'occurred_at'>;

/** Orders that ask for no money, and that nothing that is under way looks at again. What comes meanwhile is told when a refund ends. */
const ASKS_FOR_NOTHING: ReadonlySet<OrderStatus> = new Set(['cancelled', 'refunded', 'completed']);

/**
 * What operators hear of a change of an order's payments, in the transaction that stores it, so that each is told once. Amounts in base units. Pure.
 *
 * @returns none, as a rule
 */
export function paymentAlerts(changed: PaymentsChanged, newId: NewId): readonly Alert[] {
  const { after, isUndone } = changed;
  const facts = [...(isUndone ? [undone(after)] : []), ...moneyAfterEnd(changed), ...flagged(changed)];
  return facts.map((one) => ({ id: newId('alr'), occurred_at: after.updated_at, ...one }));
}

/** Payments have gone from the chain after they had covered an order for good: what was ordered may be on its way, or be there. */
function undone(order: Order): Facts {
  return {
    severity: 'CRITICAL',
    category: 'payment_anomaly',
    summary: `Payments that order ${order.id} was settled by have gone from the chain: it is ${order.status}`,
    details: detailsOf(order),
    dedupe_key: `order-payment-undone:${order.id}`,
  };
}

/** Money that came when nobody asked for it any more, or has gone after it was given back. What only moved to another block is neither. */
function moneyAfterEnd({ before, after, stored, news }: PaymentsChanged): readonly Facts[] {
  const was = new Map(stored.map((one) => [one.id, one]));
  const isThere = (one: Payment | undefined) => one !== undefined && one.status !== 'orphaned';
  const came = news.filter((one) => isThere(one) && !isThere(was.get(one.id)));
  const gone = news.filter((one) => !isThere(one) && isThere(was.get(one.id)));
  const isMoved = (one: Payment, others: readonly Payment[]) =>
    others.some(
      (other) =>
        other.amount === one.amount &&
        other.on_chain?.transaction_hash !== null &&
        other.on_chain?.transaction_hash === one.on_chain?.transaction_hash,
    );
  const late = ASKS_FOR_NOTHING.has(before.status) ? came.filter((one) => !isMoved(one, gone)) : [];
  const lost = before.status === 'refunded' ? gone.filter((one) => !isMoved(one, came)) : [];
  return [
    ...listed(late, (payments) => ({
      severity: 'WARNING',
      category: 'payment_anomaly',
      summary: `Money came to order ${after.id}, which is ${after.status} and asks for none`,
      details: { ...detailsOf(after), payments },
      dedupe_key: `order-paid-after-end:${after.id}:${late[0]?.id}`,
    })),
    ...listed(lost, (payments) => ({
      severity: 'CRITICAL',
      category: 'payment_anomaly',
      summary: `Money of order ${after.id} has gone from the chain, and was given back before`,
      details: { ...detailsOf(after), payments },
      dedupe_key: `order-payment-gone:${after.id}:${lost[0]?.id}`,
    })),
  ];
}

function listed(
  payments: readonly Payment[],
  make: (listed: readonly Record<string, unknown>[]) => Facts,
): readonly Facts[] {
  if (payments.length === 0) return [];
  return [make(payments.map(({ id, amount, other_asset }) => ({ id, amount, other_asset: other_asset ?? null })))];
}

/** Flags that say that there may be money which no payment tells of. */
const TOLD: Readonly<Partial<Record<OrderFlag, (id: string) => string>>> = {
  many_payments: (id) => `Order ${id} gets so many payments that small ones are not kept any more: look at its balance`,
  balance_unknown: (id) => `Order ${id} expired, and no endpoint could tell what its address had in time: look at it`,
};

function flagged({ before, after }: PaymentsChanged): readonly Facts[] {
  return after.flags
    .filter((flag) => !before.flags.includes(flag))
    .flatMap((flag): Facts[] => {
      const told = TOLD[flag];
      if (told === undefined) return [];
      return [
        {
          severity: 'ERROR',
          category: 'payment_anomaly',
          summary: told(after.id),
          details: detailsOf(after),
          dedupe_key: `order-${flag}:${after.id}`,
        },
      ];
    });
}

function detailsOf({ id, status, payment }: Order): Record<string, unknown> {
  const { chain_id, asset, address, amount_due, amount_paid } = payment;
  return { order_id: id, status, chain_id, asset, address, amount_due, amount_paid };
}
