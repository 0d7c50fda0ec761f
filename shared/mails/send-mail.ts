import type { Order } from '#shared/orders/order.ts';
import { namedAddress } from '#shared/platform/aws/named-address.ts';
import { type Mailer, MailFailure, TIMED_OUT } from '#shared/platform/aws/ses-mailer.ts';
import { type Breaker, throughBreaker } from '#shared/platform/breaker/breaker.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { MailShop } from './mail-settings.ts';
import type { OrderMail } from './order-mails.ts';
import { type MailedRefund, orderMail } from './templates/order-mail.ts';

/** What sending a mail needs. */
export interface SendMailDependencies {
  readonly mailer: Mailer;
  /** Stands before SES, for all functions. */
  readonly breaker: Breaker;
  /** Undefined: this stage mails no customer. */
  readonly shop: MailShop | undefined;
  /** Names of chains by their ids. */
  readonly networks: Readonly<Record<string, string>>;
  /** Money of an order that went back for good, the oldest first. */
  readonly refundsOf: (orderId: string) => Promise<readonly MailedRefund[]>;
}

/** What came of a call. */
export type SendOutcome =
  | { readonly type: 'sent' }
  | {
      readonly type: 'failed';
      readonly reason: string;
      /** Whether trying again can't help. */
      readonly final: boolean;
      /** Whether nobody answered, so that the next call would take as long. */
      readonly silent: boolean;
      /** What nobody foresaw: a bug. */
      readonly bug: unknown;
    }
  /** The circuit let none through. */
  | { readonly type: 'held'; readonly retryAfterMs: number };

/** How SES says that it can't make a mail of what it was given: an address that nobody can have, most likely. */
const REFUSED = 'BadRequestException';

/** Mails a customer once. Never fails: what went wrong is the outcome. */
export async function sendMail(
  deps: SendMailDependencies,
  { kind }: Pick<OrderMail, 'kind'>,
  shop: MailShop,
  order: Order & { readonly email: string },
  deadline: Deadline,
): Promise<SendOutcome> {
  try {
    const refunds = kind === 'refunded' ? await deps.refundsOf(order.id) : [];
    const written = orderMail({ kind, order, shop, networks: deps.networks, refunds });
    const mail = { from: namedAddress(shop.name, shop.from), to: [order.email], replyTo: shop.reply_to, ...written };
    await throughBreaker(
      deps.breaker,
      () => deps.mailer.send(mail, deadline),
      (error) => error instanceof MailFailure && error.unwell,
    );
    return { type: 'sent' };
  } catch (error) {
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): SendOutcome {
  if (error instanceof HavenError && error.code === 'CIRCUIT_OPEN')
    return { type: 'held', retryAfterMs: 1_000 * (error.retryAfterSeconds ?? 1) };
  if (!(error instanceof MailFailure))
    return { type: 'failed', reason: 'internal_error', final: false, silent: false, bug: error };
  const { status, code } = error;
  return {
    type: 'failed',
    reason: status === undefined ? code : `ses_${code}`,
    final: code === REFUSED,
    silent: code === TIMED_OUT,
    bug: undefined,
  };
}
