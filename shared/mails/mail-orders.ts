import { reportAlert } from '#shared/alerts/record-alert.ts';
import type { Order } from '#shared/orders/order.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { hasEnded } from '#shared/platform/delivery/delivery.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { givenUpAlert } from './mail-alerts.ts';
import {
  dueMail,
  type MailStep,
  NO_RECIPIENT,
  type OrderMail,
  type OrderMails,
  OVERTAKEN,
  stepMail,
  withoutOvertaken,
  withoutRecipient,
} from './order-mails.ts';
import { type SendMailDependencies, type SendOutcome, sendMail } from './send-mail.ts';
import type { TakeUpDependencies } from './take-up-notices.ts';

/** What mailing the customer of an order needs. */
export interface MailOrderDependencies extends TakeUpDependencies, SendMailDependencies {
  readonly newId: NewId;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Lost races in a row after which an order is left to those who won them. */
const MAX_RACES = 5;
/** Kept for storing what a call came to, before the deadline. */
export const WRITE_BUDGET_MS = 3_000;

/**
 * Sends the mail of an order that is due, if one is, and ends those that are overtaken. What is about to be sent is stored before the call: whatever
 * ends this process, the mail is sent again once the call counts as lost, unless the order has moved on. So a customer gets a mail at least once,
 * and twice only when the process ended within a call, or the answer of SES was lost.
 *
 * @returns whether nobody answered, so that the next call would take as long
 * @throws Raced when others kept coming first; DATABASE_ERROR, WRITE_CONFLICT
 */
export async function mailOrder(deps: MailOrderDependencies, orderId: string, deadline: Deadline): Promise<boolean> {
  const begun = await unraced(() => begin(deps, orderId, deadline));
  if (begun === undefined) return false;
  const { mail, order, shop } = begun;
  const call = Deadline.in(deadline.remainingMs() - WRITE_BUDGET_MS, deps.clock);
  const sinceMs = deps.clock();
  const outcome = await sendMail(deps, mail, shop, order, call);
  const step = stepOf(deps, outcome, mail.attempts, deps.clock() - sinceMs);
  await unraced(async () => {
    const file = await deps.store.load(orderId);
    const after = file === undefined ? undefined : stepMail(file, mail.id, step, deps.clock());
    if (file !== undefined && after !== undefined) await save(deps, file, after, deadline);
  });
  if (outcome.type === 'failed' && outcome.bug !== undefined) throw outcome.bug;
  return outcome.type === 'failed' && outcome.silent;
}

type Recipient = Order & { readonly email: string };

/** Stores that a mail is about to be sent. */
async function begin(deps: MailOrderDependencies, orderId: string, deadline: Deadline) {
  const { store, clock, shop } = deps;
  const file = await store.load(orderId);
  if (file === undefined) return undefined;
  const order = await deps.findOrder(orderId);
  if (shop === undefined || !isRecipient(order)) {
    await save(deps, file, withoutRecipient(file, clock()), deadline);
    return undefined;
  }
  const judged = withoutOvertaken(file, order, clock());
  const due = dueMail(judged, clock());
  if (due === undefined) {
    await save(deps, file, judged, deadline);
    return undefined;
  }
  const { standing, retryAfterMs } = await deps.breaker.standing();
  const step: MailStep =
    standing === 'refuse' ? { type: 'held', why: 'circuit_open', attempt: undefined, retryAfterMs } : { type: 'begin' };
  const after = stepMail(judged, due.id, step, clock()) ?? judged;
  await save(deps, file, after, deadline);
  const mail = after.mails.find(({ id }) => id === due.id);
  return mail?.status === 'sending' ? { mail, order, shop } : undefined;
}

const isRecipient = (order: Order | undefined): order is Recipient => order !== undefined && order.email !== null;

function stepOf({ random }: MailOrderDependencies, outcome: SendOutcome, attempt: number, latencyMs: number): MailStep {
  switch (outcome.type) {
    case 'sent':
      return { type: 'delivered', attempt, latencyMs };
    case 'held':
      return { type: 'held', why: 'circuit_open', attempt, retryAfterMs: outcome.retryAfterMs };
    case 'failed':
      return { type: 'failed', attempt, error: outcome.reason, final: outcome.final, jitter: random() };
  }
}

/** Stores a change, with an alert of each mail that failed for too long, and reports it. The same as before is not stored. */
async function save(
  deps: MailOrderDependencies,
  before: OrderMails,
  after: OrderMails,
  deadline: Deadline,
): Promise<void> {
  if (before === after) return;
  const nowMs = deps.clock();
  const known = new Map(before.mails.map((mail) => [mail.id, mail]));
  const changed = after.mails.filter((mail) => known.get(mail.id) !== mail);
  const alerts = changed.filter(isFailure).map((mail) => givenUpAlert(before.order_id, mail, { ...deps, nowMs }));
  await deps.store.save({ before, after, alerts }, nowMs, deadline);
  for (const mail of changed) report(deps, before.order_id, mail);
  for (const alert of alerts) reportAlert(deps, alert);
}

/** Anybody can check out with an address that nobody has: that SES refuses it is for the counts, not for people. */
const NO_FAILURES = new Set<string | null>([OVERTAKEN, NO_RECIPIENT, 'ses_BadRequestException']);

const isFailure = ({ status, last_error }: OrderMail) => status === 'given_up' && !NO_FAILURES.has(last_error);

function report({ log, metrics }: MailOrderDependencies, orderId: string, mail: OrderMail): void {
  const { id, kind, attempts, status, last_error, latency_ms, next_attempt_at } = mail;
  const facts = { order_id: orderId, mail_id: id, kind, attempts };
  if (status === 'delivered') {
    log.write('ORDER_MAIL_SENT', { ...facts, latency_ms });
    metrics.count('OrderMailSent');
  } else if (hasEnded(mail) && isFailure(mail)) {
    log.write('ORDER_MAIL_GIVEN_UP', { ...facts, reason: last_error });
    metrics.count('OrderMailGivenUp');
  } else if (hasEnded(mail)) {
    log.write('ORDER_MAIL_ENDED', { ...facts, reason: last_error });
  } else if (last_error !== null && status === 'waiting') {
    log.write('ORDER_MAIL_NOT_SENT', { ...facts, reason: last_error, next_attempt_at });
    metrics.count('OrderMailNotSent');
  }
}

async function unraced<T>(attempt: () => Promise<T>): Promise<T> {
  for (let races = 1; ; races += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Raced) || races >= MAX_RACES) throw error;
    }
  }
}
