import { GUARDS, type OrderFacts } from './guards.ts';
import { hasManyPayments } from './many-payments.ts';
import { countsAsPaid, type Order, type OrderFlag, type OrderStatus, type Payment } from './order.ts';
import { type Step, stepsFrom } from './steps.ts';
import type { OrderEvent } from './transitions.ts';

/** What payments and time make of an order. */
export interface Reduction {
  readonly status: OrderStatus;
  readonly flags: readonly OrderFlag[];
  /** Of payments that were seen and not orphaned, whenever they came; base units. */
  readonly amountPaid: bigint;
  /** The transitions on the way, in order; none: the status stays. */
  readonly steps: readonly Step[];
  /** What flags say that they did not say before. */
  readonly flagEvents: readonly OrderEvent[];
  /** Whether its payments no longer cover an order that they had covered for good. */
  readonly isUndone: boolean;
}

const BPS = 10_000n;

/** Causes that need nobody to ask. */
const AUTOMATIC = new Set(['payments', 'deadline']);

/** A tolerance of an amount: as far as it may be off to either side, rounded down. */
export function toleranceOf({ amount_due, tolerance_bps }: Order['payment']): bigint {
  return (BigInt(amount_due) * BigInt(tolerance_bps)) / BPS;
}

/** What guards look at. Pure. */
export function factsOf(
  { payment, expires_at }: Pick<Order, 'payment' | 'expires_at'>,
  payments: readonly Payment[],
  knownUntilMs: number,
): OrderFacts {
  const least = BigInt(payment.amount_due) - toleranceOf(payment);
  const deadlineMs = Date.parse(expires_at);
  const valid = payments.filter(countsAsPaid);
  const inTime = valid.filter(({ block_at }) => Date.parse(block_at) <= deadlineMs);
  return {
    isCovered: sum(inTime) >= least,
    isConfirmed: sum(inTime.filter(isConfirmed)) >= least,
    isCoveredLate: sum(valid) >= least,
    isConfirmedLate: sum(valid.filter(isConfirmed)) >= least,
    isOverdue: knownUntilMs > deadlineMs,
    hasMoney: sum(valid) > 0n,
  };
}

/**
 * What payments and time make of an order: its status by the table of transitions, its flags, and what is to be told. It can be run
 * again at any time with the same result; run on what it returned, it changes nothing. A payment counts by the time of its block: one
 * that was mined before the deadline is in time whenever it is seen. Pure.
 *
 * - A shortfall up to the tolerance counts as paid and is flagged `settled_within_tolerance`; an excess up to it is dust; beyond it the order
 *   is `overpaid`.
 * - Less than that is `partially_paid`: the address stays open for the rest. The same flag on an order that was paid says that money has
 *   gone from the chain after it was final.
 * - `paid_late` is money on an expired order: what came after the deadline, or in time and was not seen in time. It stays when an operator accepts it.
 * - `many_payments` and `balance_unknown` say that there may be money which no payment tells of: they stay.
 *
 * @param knownUntilMs the time up to which blocks have been seen, at most now: only what has been looked at can be overdue
 * @param isBalanceUnknown whether the balance of its address should have been looked at, and no endpoint told it
 */
export function reduceOrder(
  order: Pick<Order, 'status' | 'flags' | 'payment' | 'expires_at'>,
  payments: readonly Payment[],
  knownUntilMs: number,
  isBalanceUnknown = false,
): Reduction {
  const facts = factsOf(order, payments, knownUntilMs);
  const steps: Step[] = [];
  let { status } = order;
  // Ends: no two guards that hold of the same facts lead back and forth (test/property/orders).
  for (let next = automatic(status, facts); next !== undefined; next = automatic(status, facts)) {
    steps.push(next);
    status = next.to;
  }
  const amountPaid = sum(payments.filter(countsAsPaid));
  const flags = flagsOf({ ...order, status }, payments, amountPaid, { ...facts, isBalanceUnknown });
  const isShort = WAS_COVERED.has(order.status) && flags.includes('partially_paid');
  return {
    status,
    flags,
    amountPaid,
    steps,
    flagEvents: eventsOf(order.flags, flags, isShort),
    isUndone: isShort && !order.flags.includes('partially_paid'),
  };
}

function automatic(status: OrderStatus, facts: OrderFacts): Step | undefined {
  return stepsFrom(status).find(
    ({ causes, guard }) => causes.some((cause) => AUTOMATIC.has(cause)) && GUARDS[guard].holds(facts),
  );
}

/** Orders that payments have covered for good. */
const WAS_COVERED: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['paid', 'fulfilled', 'completed']);
/** Orders whose money goes back: what flags say of it stays as it was. */
const GOES_BACK: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['refunding', 'refunded']);

function flagsOf(
  { status, flags, payment, expires_at }: Pick<Order, 'status' | 'flags' | 'payment' | 'expires_at'>,
  payments: readonly Payment[],
  amountPaid: bigint,
  facts: OrderFacts & { readonly isBalanceUnknown: boolean },
): readonly OrderFlag[] {
  if (GOES_BACK.has(status)) return flags;
  const due = BigInt(payment.amount_due);
  const tolerance = toleranceOf(payment);
  const isShort = amountPaid < due - tolerance;
  const wasCovered = WAS_COVERED.has(status);
  const isCovered = wasCovered || status === 'confirming';
  const found: Readonly<Record<OrderFlag, boolean>> = {
    partially_paid: isShort && (facts.hasMoney || wasCovered),
    overpaid: amountPaid > due + tolerance,
    paid_late:
      status === 'expired'
        ? facts.hasMoney && (!isShort || payments.some((one) => isLate(one, expires_at)))
        : wasCovered && flags.includes('paid_late'),
    settled_within_tolerance: isCovered && !isShort && amountPaid < due,
    other_asset: payments.some((one) => one.status !== 'orphaned' && !countsAsPaid(one)),
    many_payments: flags.includes('many_payments') || hasManyPayments(payments),
    balance_unknown: flags.includes('balance_unknown') || (facts.isBalanceUnknown && status === 'expired'),
  };
  return FLAGS.filter((flag) => found[flag]);
}

const FLAGS: readonly OrderFlag[] = [
  'partially_paid',
  'overpaid',
  'paid_late',
  'settled_within_tolerance',
  'other_asset',
  'many_payments',
  'balance_unknown',
];

function isLate(payment: Payment, expiresAt: string): boolean {
  return countsAsPaid(payment) && Date.parse(payment.block_at) > Date.parse(expiresAt);
}

function eventsOf(before: readonly OrderFlag[], after: readonly OrderFlag[], isUndone: boolean): readonly OrderEvent[] {
  return after
    .filter((flag) => !before.includes(flag))
    .flatMap((flag): OrderEvent[] => {
      if (flag === 'partially_paid') return [isUndone ? 'order.payment_lost' : 'order.partially_paid'];
      if (flag === 'overpaid') return ['order.overpaid'];
      if (flag === 'other_asset') return ['order.other_asset'];
      return flag === 'paid_late' ? ['order.paid_late'] : [];
    });
}

function isConfirmed({ status }: Payment): boolean {
  return status === 'confirmed';
}

function sum(payments: readonly Payment[]): bigint {
  return payments.reduce((total, { amount }) => total + BigInt(amount), 0n);
}
