import * as z from 'zod';
import type { Notice } from '#shared/orders/notice.ts';
import type { Order } from '#shared/orders/order.ts';
import {
  type DeliveryPolicy,
  type DeliveryStep,
  deliveryStateSchema,
  halfJittered,
  hasEnded,
  isDue,
  newDeliveryState,
  takeDeliveryStep,
} from '#shared/platform/delivery/delivery.ts';
import { isStillTrue, mailKindSchema, mailOfEvent } from './mail-kind.ts';

/** One mail of an order, as it is stored. It names nobody: whom it goes to is read from the order when it is sent. */
export const orderMailSchema = deliveryStateSchema.extend({
  /** Of the notice that it was made from: `evt_…`. */
  id: z.string(),
  kind: mailKindSchema,
  /** The version of the order that it tells of. */
  order_version: z.number().int(),
});

/** One mail of an order. */
export type OrderMail = z.output<typeof orderMailSchema>;

/** All mails of an order, as one row: so that no two runs can send two of them at once, or an older one after a newer one. */
export const orderMailsSchema = z.object({
  order_id: z.string(),
  /** The oldest first. */
  mails: z.array(orderMailSchema),
  /** Raised by every change. */
  version: z.number().int(),
});

/** All mails of an order. */
export type OrderMails = z.output<typeof orderMailsSchema>;

/** What can happen to a mail. */
export type MailStep = DeliveryStep<'circuit_open'>;

/** When a call of which nothing was heard counts as lost: longer than a call of ten seconds and the writes around it take at most. */
export const LEASE_MS = 90_000;
/** The first wait. */
const BASE_DELAY_MS = 30_000;
/** No wait is longer: once SES works again, customers hear within this time. */
const MAX_DELAY_MS = 30 * 60_000;
/** What could not be mailed for a day is told to operators. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
/** Mails that are kept of one order; the oldest that have ended go first. An order has three or four; a reorg may add some. */
const MAX_KEPT = 40;

/** Why a mail ended that was not sent and did not fail: the order has moved on, or a newer mail tells more. */
export const OVERTAKEN = 'overtaken';
/** Why a mail ended that has nobody to go to: the order is gone, or its e-mail address. */
export const NO_RECIPIENT = 'no_recipient';

const POLICY: DeliveryPolicy = {
  leaseMs: () => LEASE_MS,
  delayMs: (attempts, jitter) =>
    halfJittered(Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, attempts - 1)), jitter),
  isTooLate: ({ created_at }, atMs) => atMs > Date.parse(created_at) + GIVE_UP_AFTER_MS,
};

/**
 * Adds the mails that notices of an order make, in the order of its versions.
 *
 * @param before undefined: it has none so far
 * @param notices to its customer; those of which nobody is mailed add nothing
 */
export function withNotices(
  before: OrderMails | undefined,
  orderId: string,
  notices: readonly Notice[],
  nowMs: number,
): OrderMails {
  const added = notices.flatMap(({ id, event, order_version }): OrderMail[] => {
    const kind = mailOfEvent(event);
    return kind === undefined ? [] : [{ id, kind, order_version, ...newDeliveryState(nowMs) }];
  });
  const all = [...(before?.mails ?? []), ...added].sort(
    (a, b) => a.order_version - b.order_version || (a.id < b.id ? -1 : 1),
  );
  return next(before ?? { order_id: orderId, mails: [], version: 0 }, kept(all));
}

function kept(mails: readonly OrderMail[]): readonly OrderMail[] {
  const tooMany = mails.length - MAX_KEPT;
  if (tooMany <= 0) return mails;
  const dropped = new Set(mails.filter(hasEnded).slice(0, tooMany));
  return mails.filter((mail) => !dropped.has(mail));
}

/**
 * Ends mails that say how things were and not how they are, and those that a newer mail makes pointless, whether it was sent or is to
 * be. One whose call may be under way is left alone until it counts as lost.
 *
 * @returns the very same when there is nothing to end
 */
export function withoutOvertaken(file: OrderMails, order: Pick<Order, 'status' | 'flags'>, nowMs: number): OrderMails {
  const tells = ({ kind, status }: OrderMail) =>
    status === 'delivered' || (!isGivenUp(status) && isStillTrue(kind, order));
  const newest = file.mails.findLast(tells);
  const overtaken = file.mails.filter((mail) => !hasEnded(mail) && !isUnderWay(mail, nowMs) && mail !== newest);
  return overtaken.reduce(
    (mails, { id }) => stepMail(mails, id, { type: 'removed', why: OVERTAKEN }, nowMs) ?? mails,
    file,
  );
}

const isGivenUp = (status: OrderMail['status']) => status === 'given_up';

/** Ends all mails that are open, for want of anybody to send them to. */
export function withoutRecipient(file: OrderMails, nowMs: number): OrderMails {
  return file.mails
    .filter((mail) => !hasEnded(mail))
    .reduce((mails, { id }) => stepMail(mails, id, { type: 'removed', why: NO_RECIPIENT }, nowMs) ?? mails, file);
}

/** The mail that is to be sent now; undefined: none, or another of the same order may be under way. */
export function dueMail({ mails }: OrderMails, nowMs: number): OrderMail | undefined {
  if (mails.some((mail) => isUnderWay(mail, nowMs))) return undefined;
  return mails.findLast((mail) => !hasEnded(mail) && isDue(mail, nowMs));
}

function isUnderWay(mail: OrderMail, nowMs: number): boolean {
  return mail.status === 'sending' && !isDue(mail, nowMs);
}

/**
 * What becomes of one mail.
 *
 * @returns undefined when that can't happen to it as it is: somebody else was there first
 */
export function stepMail(file: OrderMails, mailId: string, event: MailStep, nowMs: number): OrderMails | undefined {
  const mail = file.mails.find(({ id }) => id === mailId);
  const after = mail === undefined ? undefined : takeDeliveryStep(POLICY, mail, event, nowMs);
  if (after === undefined) return undefined;
  return next(
    file,
    file.mails.map((one) => (one.id === mailId ? after : one)),
  );
}

/** When something is next to be done about an order's mails, ISO 8601; undefined: nothing. */
export function nextDueAt({ mails }: OrderMails): string | undefined {
  const open = mails.filter((mail) => !hasEnded(mail));
  const underWay = open.filter(({ status }) => status === 'sending');
  // While a call may be under way, nothing else of the order is sent.
  const waited = underWay.length > 0 ? underWay : open;
  return waited.flatMap(({ next_attempt_at }) => next_attempt_at ?? []).sort()[0];
}

function next(file: OrderMails, mails: readonly OrderMail[]): OrderMails {
  return { ...file, mails: [...mails], version: file.version + 1 };
}
