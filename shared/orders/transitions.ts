import type { AuditContent } from '#shared/audit/audit-entry.ts';
import type { Guard } from './guards.ts';
import type { Order, OrderStatus } from './order.ts';

/**
 * Who or what makes an order change. `payments`: what was seen on chain; `deadline`: that time has passed; the others are told to.
 */
export type Cause = 'payments' | 'deadline' | 'customer' | 'operator' | 'refund';

/** What a transition does to the pieces of an order, in the transaction that changes its status. */
export type StockEffect = 'none' | 'release' | 'sell' | 'reserve_again';

/** Who is told of an event. */
export type Audience = 'customer' | 'merchant';

/** What is said of an order to customers and merchants. */
export type OrderEvent =
  | 'order.created'
  | 'order.confirming'
  | 'order.payment_lost'
  | 'order.paid'
  | 'order.fulfilled'
  | 'order.completed'
  | 'order.expired'
  | 'order.cancelled'
  | 'order.refunding'
  | 'order.refunded'
  | 'order.partially_paid'
  | 'order.overpaid'
  | 'order.paid_late'
  | 'order.other_asset';

/** One legal transition. */
export interface Transition {
  readonly causes: readonly Cause[];
  readonly guard: Guard;
  readonly stock: StockEffect;
  readonly event: OrderEvent;
  readonly tells: readonly Audience[];
  /** Of its audit entry. */
  readonly action: `order.${string}`;
  readonly severity: AuditContent['severity'];
}

const BOTH: readonly Audience[] = ['customer', 'merchant'];
const MERCHANT: readonly Audience[] = ['merchant'];

/** Every legal transition (domain.md, "Checkout and orders"); docs/orders.md has the same as a table. */
const TRANSITIONS = {
  awaiting_payment: {
    confirming: {
      causes: ['payments'],
      guard: 'covered',
      stock: 'none',
      event: 'order.confirming',
      tells: BOTH,
      action: 'order.confirming',
      severity: 'INFO',
    },
    expired: {
      causes: ['deadline'],
      guard: 'uncovered_overdue',
      stock: 'release',
      event: 'order.expired',
      tells: BOTH,
      action: 'order.expired',
      severity: 'INFO',
    },
    cancelled: {
      causes: ['customer', 'operator'],
      guard: 'always',
      stock: 'release',
      event: 'order.cancelled',
      tells: BOTH,
      action: 'order.cancelled',
      severity: 'INFO',
    },
  },
  confirming: {
    paid: {
      causes: ['payments'],
      guard: 'confirmed',
      stock: 'none',
      event: 'order.paid',
      tells: BOTH,
      action: 'order.paid',
      severity: 'INFO',
    },
    awaiting_payment: {
      causes: ['payments'],
      guard: 'uncovered_in_time',
      stock: 'none',
      event: 'order.payment_lost',
      tells: BOTH,
      action: 'order.payment_lost',
      severity: 'WARNING',
    },
    expired: {
      causes: ['payments'],
      guard: 'uncovered_overdue',
      stock: 'release',
      event: 'order.expired',
      tells: BOTH,
      action: 'order.expired_after_payment_lost',
      severity: 'WARNING',
    },
  },
  paid: {
    fulfilled: {
      causes: ['operator'],
      guard: 'still_confirmed',
      stock: 'sell',
      event: 'order.fulfilled',
      tells: BOTH,
      action: 'order.fulfilled',
      severity: 'INFO',
    },
    cancelled: {
      causes: ['operator'],
      guard: 'money_gone',
      stock: 'release',
      event: 'order.cancelled',
      tells: BOTH,
      action: 'order.cancelled_after_payment_lost',
      severity: 'WARNING',
    },
    refunding: {
      causes: ['operator'],
      guard: 'has_money',
      stock: 'release',
      event: 'order.refunding',
      tells: BOTH,
      action: 'order.refunding',
      severity: 'WARNING',
    },
  },
  fulfilled: {
    completed: {
      causes: ['operator'],
      guard: 'always',
      stock: 'none',
      event: 'order.completed',
      tells: MERCHANT,
      action: 'order.completed',
      severity: 'INFO',
    },
  },
  completed: {},
  expired: {
    paid: {
      causes: ['operator'],
      guard: 'covered_late',
      stock: 'reserve_again',
      event: 'order.paid',
      tells: BOTH,
      action: 'order.late_payment_accepted',
      severity: 'WARNING',
    },
    refunding: {
      causes: ['operator'],
      guard: 'has_money',
      stock: 'none',
      event: 'order.refunding',
      tells: BOTH,
      action: 'order.refunding',
      severity: 'WARNING',
    },
  },
  cancelled: {
    refunding: {
      causes: ['operator'],
      guard: 'has_money',
      stock: 'none',
      event: 'order.refunding',
      tells: BOTH,
      action: 'order.refunding',
      severity: 'WARNING',
    },
  },
  refunding: {
    refunded: {
      causes: ['refund'],
      guard: 'always',
      stock: 'none',
      event: 'order.refunded',
      tells: BOTH,
      action: 'order.refunded',
      severity: 'INFO',
    },
  },
  refunded: {},
} as const satisfies Readonly<Record<OrderStatus, Readonly<Partial<Record<OrderStatus, Transition>>>>>;

/** The same, for looking up. */
export const transitions: Readonly<Record<OrderStatus, Readonly<Partial<Record<OrderStatus, Transition>>>>> =
  TRANSITIONS;

/** Each transition that there is, as `from -> to`: what has a row for every one is checked by it. */
export type TransitionName = {
  [From in OrderStatus]: `${From} -> ${Extract<keyof (typeof TRANSITIONS)[From], string>}`;
}[OrderStatus];

/** What of an order's pieces each status says. */
export const STOCK_OF = {
  awaiting_payment: 'reserved',
  confirming: 'reserved',
  paid: 'reserved',
  fulfilled: 'sold',
  completed: 'sold',
  expired: 'released',
  cancelled: 'released',
  refunding: 'released',
  refunded: 'released',
} as const satisfies Readonly<Record<OrderStatus, Order['stock']>>;
