import { type AuditContent, type AuditEntry, nextEntry } from '#shared/audit/audit-entry.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Notice } from './notice.ts';
import type { Order } from './order.ts';
import type { Reduction } from './reduce.ts';
import type { Step } from './steps.ts';
import { type Audience, type OrderEvent, STOCK_OF, type StockEffect } from './transitions.ts';

/** A change of an order as one object: what must hold before, what holds after, and all that is written with it. */
export interface OrderChange {
  readonly before: Order;
  readonly after: Order;
  /** What happens to the pieces: of `before` those that are given back or sold, of `after` those that are reserved again. */
  readonly stock: StockEffect;
  readonly entries: readonly AuditEntry[];
  readonly notices: readonly Notice[];
}

/** Who changes an order and when. */
export interface ChangedBy extends Pick<AuditContent, 'actor' | 'request_id' | 'reason'> {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly newId: NewId;
}

/** Whom events of payments are told; those of transitions have it in their table. */
const FLAG_AUDIENCE: readonly Audience[] = ['customer', 'merchant'];

/**
 * Computes what payments and time change of an order. Pure but for new ids.
 *
 * @returns undefined when nothing changes
 */
export function applyReduction(before: Order, reduction: Reduction, by: ChangedBy): OrderChange | undefined {
  const { steps, flags, flagEvents, amountPaid, isUndone } = reduction;
  const payment = { ...before.payment, amount_paid: amountPaid.toString() };
  const sameFlags = flags.length === before.flags.length && flags.every((flag) => before.flags.includes(flag));
  if (steps.length === 0 && sameFlags && payment.amount_paid === before.payment.amount_paid) return undefined;
  const detail = { amount_paid: payment.amount_paid, flags: [...flags] };
  const patch = { flags: [...flags], payment };
  if (steps.length > 0) return takeSteps(before, steps, patch, detail, by, flagEvents);
  const { entry, head } = nextEntry(
    before.id,
    before,
    {
      ...whoOf(by),
      action: isUndone ? 'order.payment_undone' : 'order.payments_changed',
      severity: isUndone ? 'CRITICAL' : 'INFO',
      detail,
    },
    by.at,
  );
  const after = { ...before, ...patch, ...head, updated_at: by.at, version: before.version + 1 };
  return { before, after, stock: 'none', entries: [entry], notices: noticesOf(after, flagEvents.map(told), by) };
}

/**
 * Computes one or several transitions in a row, as one change: an entry and the notices of each, one version.
 *
 * @param steps at least one, each from where the one before led
 * @param patch what changes besides the status
 * @param flagEvents what is to be told besides
 */
export function takeSteps(
  before: Order,
  steps: readonly Step[],
  patch: Partial<Pick<Order, 'flags' | 'payment' | 'lines'>>,
  detail: AuditContent['detail'],
  by: ChangedBy,
  flagEvents: readonly OrderEvent[] = [],
): OrderChange {
  const entries: AuditEntry[] = [];
  let after: Order = { ...before, ...patch, updated_at: by.at, version: before.version + 1 };
  for (const { from, to, action, severity } of steps) {
    const content = { ...whoOf(by), action, severity, detail: { from, to, ...detail } };
    const { entry, head } = nextEntry(before.id, after, content, by.at);
    entries.push(entry);
    after = { ...after, ...head, status: to, stock: STOCK_OF[to], status_since: by.at, stuck_told_at: null };
  }
  const events = [...steps.map(({ event, tells }) => ({ event, tells })), ...flagEvents.map(told)];
  // No row of automatic transitions but the last touches stock (test/unit/orders/transitions.test.ts).
  const stock = steps.map((step) => step.stock).find((effect) => effect !== 'none') ?? 'none';
  return { before, after, stock, entries, notices: noticesOf(after, events, by) };
}

function whoOf({ actor, request_id, reason }: ChangedBy): Pick<AuditContent, 'actor' | 'request_id' | 'reason'> {
  return { actor, request_id, ...(reason === undefined ? {} : { reason }) };
}

interface Told {
  readonly event: OrderEvent;
  readonly tells: readonly Audience[];
}

const told = (event: OrderEvent): Told => ({ event, tells: FLAG_AUDIENCE });

/** The notices of events of an order, as it is after them. */
export function noticesOf(
  { id, version }: Pick<Order, 'id' | 'version'>,
  events: readonly Told[],
  { newId, at }: Pick<ChangedBy, 'newId' | 'at'>,
): readonly Notice[] {
  return events.flatMap(({ event, tells }) =>
    tells.map((audience) => ({
      id: newId('evt'),
      order_id: id,
      event,
      audience,
      order_version: version,
      created_at: at,
    })),
  );
}
