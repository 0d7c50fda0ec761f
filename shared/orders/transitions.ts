import type { AuditContent } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Order, OrderStatus } from './order.ts';

/**
 * Who or what makes an order change. `payments`: what was seen on chain; `deadline`: that time has passed; the others are told to.
 */
export type Cause = 'payments' | 'deadline' | 'customer' | 'operator' | 'refund';

/** What a transition does to the pieces of an order, in the transaction that changes its status. */
export type StockEffect = 'none' | 'release' | 'sell' | 'reserve_again';

/** Who is told of an event. */
export type Audience = 'customer' | 'merchant';

/** What guards look at. */
export interface OrderFacts {
  /** Valid payments in blocks up to the deadline come to the amount due, less the tolerance. */
  readonly isCovered: boolean;
  /** The same, by confirmed payments only. */
  readonly isConfirmed: boolean;
  /** Confirmed payments of any time come to the amount due, less the tolerance. */
  readonly isConfirmedLate: boolean;
  /** The deadline has passed. */
  readonly isOverdue: boolean;
  /** Any payment is there. */
  readonly hasMoney: boolean;
}

/** What must hold of an order for a transition, in words and as a rule. */
export const GUARDS = {
  always: { text: 'nothing more', holds: () => true },
  covered: {
    text: 'valid payments in blocks up to the deadline cover the amount due, within the tolerance',
    holds: ({ isCovered }) => isCovered,
  },
  confirmed: {
    text: 'payments with enough confirmations, in blocks up to the deadline, cover it',
    holds: ({ isConfirmed }) => isConfirmed,
  },
  uncovered_in_time: {
    text: 'valid payments do not cover it any more, and the deadline has not passed',
    holds: ({ isCovered, isOverdue }) => !isCovered && !isOverdue,
  },
  uncovered_overdue: {
    text: 'the deadline has passed, and valid payments in blocks up to it do not cover the amount due',
    holds: ({ isCovered, isOverdue }) => !isCovered && isOverdue,
  },
  covered_late: {
    text: 'payments with enough confirmations, whenever they came, cover the amount due, and there is stock',
    holds: ({ isConfirmedLate }) => isConfirmedLate,
  },
  has_money: { text: 'something was paid', holds: ({ hasMoney }) => hasMoney },
} as const satisfies Readonly<Record<string, { readonly text: string; holds(facts: OrderFacts): boolean }>>;

/** The name of a guard. */
export type Guard = keyof typeof GUARDS;

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
      guard: 'always',
      stock: 'sell',
      event: 'order.fulfilled',
      tells: BOTH,
      action: 'order.fulfilled',
      severity: 'INFO',
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

/** A transition with its ends. */
export interface Step extends Transition {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
}

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

/** Every transition, in the table's order. */
export function allSteps(): readonly Step[] {
  return STATUSES.flatMap((from) => stepsFrom(from));
}

/** The transitions that lead away from a status, in the table's order. */
export function stepsFrom(from: OrderStatus): readonly Step[] {
  return STATUSES.flatMap((to) => {
    const transition = transitions[from][to];
    return transition === undefined ? [] : [{ ...transition, from, to }];
  });
}

const STATUSES: readonly OrderStatus[] = [
  'awaiting_payment',
  'confirming',
  'paid',
  'fulfilled',
  'completed',
  'expired',
  'cancelled',
  'refunding',
  'refunded',
];

/**
 * The transition that somebody asks for.
 *
 * @throws INVALID_TRANSITION when there is none, when it is not for them to make, or its guard doesn't hold
 */
export function requireStep(
  order: Pick<Order, 'id' | 'status'>,
  to: OrderStatus,
  cause: Cause,
  facts: OrderFacts,
): Step {
  const transition = transitions[order.status][to];
  if (transition === undefined || !transition.causes.includes(cause))
    throw invalidTransition(order, to, 'may not become');
  if (GUARDS[transition.guard].holds(facts)) return { ...transition, from: order.status, to };
  throw invalidTransition(order, to, `does not meet what it takes (${GUARDS[transition.guard].text}) to become`);
}

function invalidTransition({ id, status }: Pick<Order, 'id' | 'status'>, to: OrderStatus, why: string): HavenError {
  return new HavenError('INVALID_TRANSITION', `An order that is ${status} ${why} ${to}`, {
    details: { order_id: id, from: status, to },
  });
}
