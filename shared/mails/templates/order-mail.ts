import { isOnChain, type Order, type OrderLine } from '#shared/orders/order.ts';
import { paymentUri } from '#shared/orders/payment-uri.ts';
import { cut, oneLine } from '#shared/platform/plain-text.ts';
import { isCoveredForGood, type MailKind } from '../mail-kind.ts';
import { type MailShop, orderUrl } from '../mail-settings.ts';
import { assetAmount, dateTime, moneyAmount } from './amounts.ts';
import { type MailContent, type MailFact, mailHtml, mailText } from './layout.ts';
import { type Locale, localeOf } from './locale.ts';
import type { MailStrings, Said } from './mail-strings.ts';
import { stringsOf } from './strings.ts';

/** Money that went back. */
export interface MailedRefund {
  /** Base units of the asset that the order asks for. */
  readonly amount: string;
  /** Null: a processor gave it back, the way it came. */
  readonly to: string | null;
}

/** What a mail is written from. */
export interface MailFacts {
  readonly kind: MailKind;
  readonly order: Order;
  readonly shop: MailShop;
  /** Names of chains by their ids. */
  readonly networks: Readonly<Record<string, string>>;
  /** Only looked at when the mail is about them. */
  readonly refunds: readonly MailedRefund[];
}

/** A mail to a customer, without its addresses. */
export interface OrderMailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** RFC 5322 asks for lines below 998 characters; what people see of a subject is far less. */
const MAX_SUBJECT_CHARS = 150;
/** A product's name is no longer (shared/catalog/product.ts), and a shop's shorter. */
const MAX_LINE_CHARS = 300;

/**
 * Writes a mail to a customer in the language of the order, from the order as it is now. Whatever others wrote (names of products, of the shop)
 * can end no line, header or element. It says nothing of wallets' ids or tokens: whoever reads it learns what the customer was told at
 * checkout, and no more. Pure.
 */
export function orderMail(facts: MailFacts): OrderMailText {
  const locale = localeOf(facts.order.locale, facts.shop.locale);
  const content = contentOf(facts, locale);
  return {
    subject: cut(oneLine(content.subject), MAX_SUBJECT_CHARS),
    text: mailText(content),
    html: mailHtml(content, locale),
  };
}

/** Mails in which somebody is asked to pay. */
const ASKS: ReadonlySet<MailKind> = new Set<MailKind>(['awaiting_payment', 'partially_paid', 'payment_lost']);

function contentOf(facts: MailFacts, locale: Locale): MailContent {
  const { kind, order, shop } = facts;
  const strings = stringsOf(locale);
  const said = saidOf(facts, locale);
  const asks = ASKS.has(kind) && order.status === 'awaiting_payment';
  const url = orderUrl(shop, order.id);
  return {
    shop: oneLine(shop.name),
    subject: strings.kinds[kind].subject(said),
    heading: strings.kinds[kind].heading,
    paragraphs: paragraphsOf(facts, strings, said),
    facts: [
      { label: strings.labels.order, value: order.id },
      ...(asks ? factsOfPaying(facts, strings, said) : factsOfMoney(facts, strings, said)),
    ],
    notes: asks ? notesOfPaying(facts, strings) : [],
    links: [
      ...(asks ? walletLinks(order, strings) : []),
      ...(url === undefined ? [] : [{ text: strings.seeOrder, url }]),
    ],
    linesHead: strings.linesHead,
    lines: order.lines.map((line) => lineOf(line, strings, locale)),
    total: { label: strings.labels.total, value: moneyAmount(order.total, locale) },
    closing: strings.closing(said),
  };
}

function saidOf({ order, shop }: MailFacts, locale: Locale): Said {
  const { payment, expires_at } = order;
  const show = (units: bigint) => assetAmount(units, payment.decimals, payment.asset);
  return {
    shop: oneLine(shop.name),
    order: order.id,
    due: show(BigInt(payment.amount_due)),
    paid: show(BigInt(payment.amount_paid)),
    rest: show(restOf(order)),
    deadline: dateTime(expires_at, locale, shop.time_zone),
  };
}

/** What is still due, in base units, exactly: the tolerance is for what wallets and fees shave off, and no discount. */
function restOf({ payment }: Order): bigint {
  const rest = BigInt(payment.amount_due) - BigInt(payment.amount_paid);
  return rest > 0n ? rest : 0n;
}

const hasMoney = ({ payment }: Order) => BigInt(payment.amount_paid) > 0n;

function paragraphsOf({ kind, order }: MailFacts, strings: MailStrings, said: Said): readonly string[] {
  const usual = strings.kinds[kind].body(said);
  if (kind === 'payment_lost' && isCoveredForGood(order.status)) return strings.lostAfterPaid(said);
  if (kind === 'expired' && hasMoney(order)) return strings.expiredWithMoney(said);
  if (kind === 'cancelled' && hasMoney(order)) return [...usual, strings.cancelledWithMoney];
  if (kind === 'paid' && order.flags.includes('overpaid')) return [...usual, strings.overpaid];
  return usual;
}

function networkOf({ order: { payment }, networks }: MailFacts): string {
  return isOnChain(payment) ? oneLine(networks[payment.chain_id] ?? String(payment.chain_id)) : '';
}

/** What to pay, where and until when. One address only: who sees a token's contract beside it may send to that. */
function factsOfPaying(facts: MailFacts, { labels }: MailStrings, said: Said): readonly MailFact[] {
  const { payment } = facts.order;
  return [
    ...(hasMoney(facts.order)
      ? [
          { label: labels.received, value: said.paid },
          { label: labels.rest, value: said.rest },
        ]
      : [{ label: labels.amount, value: said.due }]),
    ...(isOnChain(payment) ? [{ label: labels.network, value: networkOf(facts) }] : []),
    ...(payment.address === null ? [] : [{ label: labels.address, value: oneLine(payment.address), isCode: true }]),
    { label: labels.deadline, value: said.deadline },
    ...walletUris(facts.order).map((value) => ({ label: labels.link, value: oneLine(value), isCode: true })),
  ];
}

function factsOfMoney({ kind, order, refunds }: MailFacts, { labels }: MailStrings, said: Said): readonly MailFact[] {
  const { decimals, asset } = order.payment;
  if (kind === 'refunded') {
    return refunds.flatMap(({ amount, to }) => [
      { label: labels.refunded, value: assetAmount(BigInt(amount), decimals, asset) },
      ...(to === null ? [] : [{ label: labels.refundedTo, value: oneLine(to), isCode: true }]),
    ]);
  }
  return hasMoney(order) ? [{ label: labels.received, value: said.paid }] : [];
}

function notesOfPaying(facts: MailFacts, strings: MailStrings): readonly string[] {
  const { payment } = facts.order;
  if (isOnChain(payment)) return [strings.mind({ asset: payment.asset, network: networkOf(facts) })];
  return payment.address === null ? [strings.payAtShop] : [];
}

/** What a wallet reads, for what is still due; a processor's is for all of it. */
function walletUris(order: Order): readonly string[] {
  const { payment } = order;
  if (isOnChain(payment)) return [paymentUri({ ...payment, amount_due: restOf(order).toString() })];
  return payment.processor.uri === null ? [] : [payment.processor.uri];
}

/** Only those that Haven made itself: what an integrator gave is shown as text, and opens nothing. */
function walletLinks(order: Order, strings: MailStrings): MailContent['links'] {
  return isOnChain(order.payment) ? walletUris(order).map((url) => ({ text: strings.openWallet, url })) : [];
}

function lineOf({ name, quantity, unit_price }: OrderLine, { labels }: MailStrings, locale: Locale): MailFact {
  const amount = (BigInt(unit_price.amount) * BigInt(quantity)).toString();
  return {
    label: `${labels.quantity(quantity)} ${cut(oneLine(name), MAX_LINE_CHARS)}`,
    value: moneyAmount({ ...unit_price, amount }, locale),
  };
}
