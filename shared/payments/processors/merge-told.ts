import type { Order, Payment } from '#shared/orders/order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Told } from './told.ts';

/** A delivery that tells of a payment, with when it came. */
export interface Delivery {
  /** As the stage names the processor. */
  readonly processor: string;
  readonly told: Told;
  /** Milliseconds since the Unix epoch. */
  readonly heardAtMs: number;
  /** How long a processor's word may take. */
  readonly graceMs: number;
}

/** How much a word counts: what was final is no less by what is said besides. */
const RANK = { detected: 0, orphaned: 1, confirmed: 2 } as const satisfies Readonly<Record<Payment['status'], number>>;

/** A payment's id: no two processors have the same, and none has a chain's. */
export function paymentIdOf(processor: string, paymentId: string): string {
  return `${processor}:${paymentId}`;
}

/**
 * What is known of a payment after one more delivery. However deliveries come, in whatever order and however often, the payment ends the same, and so
 * does its order: of two words that count the same the later one counts, and the first time that was told is when the payment came. What was told to be
 * final stays final: who is told that it has failed, or of another amount that is final too (the larger one counts, because by it the order may
 * have been paid already), marks it. Its money is where nobody but the processor can look. Pure.
 *
 * @param stored undefined: it is told of for the first time
 * @returns undefined for a delivery that tells of no payment
 */
export function mergeTold(
  order: Pick<Order, 'id' | 'payment' | 'expires_at'>,
  stored: Payment | undefined,
  delivery: Delivery,
): Payment | undefined {
  const fresh = paymentOf(order, delivery);
  if (fresh === undefined || stored?.processor === undefined) return fresh;
  const counts = isAfter(fresh, stored) ? fresh : stored;
  return {
    ...counts,
    block_at: isoTime(Math.min(Date.parse(fresh.block_at), Date.parse(stored.block_at))),
    processor: {
      ...(counts.processor ?? stored.processor),
      is_contradicted: stored.processor.is_contradicted || isContradiction(fresh, stored),
    },
    detected_at: stored.detected_at,
    confirmed_at: stored.confirmed_at ?? fresh.confirmed_at,
  };
}

function paymentOf(order: Pick<Order, 'id' | 'payment' | 'expires_at'>, delivery: Delivery): Payment | undefined {
  const { processor, told, heardAtMs } = delivery;
  const { currency, amount } = told;
  const isOther = currency.asset !== order.payment.asset;
  const required = isOther ? currency.required_confirmations : order.payment.required_confirmations;
  const status = statusOf(told, required);
  if (status === undefined) return undefined;
  const happenedAt = isoTime(told.toldAtMs ?? whenHeard(order, delivery));
  const heardAt = isoTime(heardAtMs);
  return {
    id: paymentIdOf(processor, told.paymentId),
    order_id: order.id,
    amount: amount.toString(),
    ...(isOther ? { other_asset: currency.asset } : {}),
    status,
    block_at: happenedAt,
    on_chain: null,
    processor: {
      name: processor,
      invoice_id: told.invoiceId,
      transaction_hash: told.transactionHash,
      confirmations: told.confirmations,
      told_at: happenedAt,
      is_contradicted: false,
    },
    is_watched: false,
    detected_at: heardAt,
    confirmed_at: status === 'confirmed' ? heardAt : null,
  };
}

/** Final is what has as many confirmations as the order wants, whatever the processor takes for final. */
function statusOf({ event, confirmations }: Told, required: number): Payment['status'] | undefined {
  if (event === 'invoice_expired') return undefined;
  if (event === 'failed') return 'orphaned';
  if (event === 'detected') return 'detected';
  return confirmations === null || confirmations >= required ? 'confirmed' : 'detected';
}

/**
 * When a payment came whose processor does not tell: when it was heard of. What is heard of until the grace is over came in time: the word takes
 * a while, and until then the order waits.
 */
function whenHeard({ expires_at }: Pick<Order, 'expires_at'>, { heardAtMs, graceMs }: Delivery): number {
  const deadlineMs = Date.parse(expires_at);
  return heardAtMs <= deadlineMs + graceMs ? Math.min(heardAtMs, deadlineMs) : heardAtMs;
}

/** Whether not both can be true. */
function isContradiction(one: Payment, other: Payment): boolean {
  const both = [one.status, other.status];
  if (!both.includes('confirmed')) return false;
  if (both.includes('orphaned')) return true;
  return one.status === other.status && (one.amount !== other.amount || one.other_asset !== other.other_asset);
}

/** Whether a word counts rather than another: by what it says, then by its time, then by anything that is the same for all. */
function isAfter(fresh: Payment, stored: Payment): boolean {
  if (fresh.status !== stored.status) return RANK[fresh.status] > RANK[stored.status];
  if (fresh.status === 'confirmed' && isContradiction(fresh, stored)) return isMore(fresh, stored);
  const [one, other] = [fresh.processor?.told_at ?? '', stored.processor?.told_at ?? ''];
  if (one !== other) return one > other;
  return placeOf(fresh) > placeOf(stored);
}

/** Digits of the largest amount. */
const AMOUNT_DIGITS = 78;

function isMore(one: Payment, other: Payment): boolean {
  if (one.other_asset === other.other_asset) return BigInt(one.amount) > BigInt(other.amount);
  // What the order asks for before anything else.
  if (one.other_asset === undefined || other.other_asset === undefined) return one.other_asset === undefined;
  return one.other_asset > other.other_asset;
}

function placeOf({ amount, other_asset = '', processor }: Payment): string {
  const { confirmations = null, transaction_hash = null } = processor ?? {};
  const count = String(confirmations ?? 0).padStart(AMOUNT_DIGITS, '0');
  return [count, amount.padStart(AMOUNT_DIGITS, '0'), other_asset, transaction_hash ?? ''].join(' ');
}
