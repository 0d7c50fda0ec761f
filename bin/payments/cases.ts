import { randomUUID } from 'node:crypto';
import { decimalText } from '#shared/platform/money/decimal.ts';
import {
  type KryptoExpressFields,
  kryptoExpressBody,
  type Message,
  type StandardFields,
  signKryptoExpress,
  signStandard,
  standardBody,
} from './messages.ts';

/** How a simulated processor writes. */
export type SimulatedKind = 'kryptoexpress' | 'standard-webhooks';

/** An order that waits for its payment, with the invoice that is bound to it. */
export interface OpenOrder {
  readonly orderId: string;
  readonly invoiceId: string;
  /** Base units of the currency. */
  readonly due: bigint;
  readonly decimals: number;
  readonly currency: string;
}

/** What a case is made with. */
export interface CaseContext {
  readonly secret: string;
  readonly order: OpenOrder;
  /** Another currency of the processor. */
  readonly otherCurrency: string;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** What an integrator may meet: webhooks in a row, what each is answered, and what becomes of the order. */
export interface Case {
  readonly name: string;
  /** Whether the order's deadline and its grace are over when they come. */
  readonly isLate?: boolean;
  readonly messages: (context: CaseContext) => readonly Message[];
  /** Of each message: its status, and the outcome or the code of the error. */
  readonly answers: readonly string[];
  /** The order's status and flags after it. */
  readonly leaves: string;
}

const OK = '200 applied';
const KNOWN = '200 already_known';
const UNSIGNED = '401 INVALID_SIGNATURE';
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
/** A payment's share of what is due, in hundredths of a percent: just within the tolerance, and beyond it. */
const WITHIN_BPS = 9_995n;
const BEYOND_BPS = 9_900n;
const OVER_BPS = 11_000n;
const BPS = 10_000n;

const newHash = () => `${randomUUID()}${randomUUID()}`.replaceAll('-', '');

/** A share of what is due, rounded up, as a processor writes it. */
function amountOf({ due, decimals }: OpenOrder, bps = BPS): string {
  return decimalText({ units: (due * bps + BPS - 1n) / BPS, decimals });
}

/** What makes the messages of a kind: one that pays so much, and one whose body is changed before it is signed. */
interface Writer {
  pays(context: CaseContext, bps?: bigint, change?: (body: string) => string, secret?: string): Message;
  inOtherCurrency(context: CaseContext): Message;
}

function krypto(fields: Partial<KryptoExpressFields>, context: CaseContext, change = same, secret = context.secret) {
  const { invoiceId: id, currency } = context.order;
  const body = kryptoExpressBody({
    id,
    amount: amountOf(context.order),
    currency,
    hash: newHash(),
    isPaid: true,
    ...fields,
  });
  return signKryptoExpress(change(body), secret);
}

function standard(fields: Partial<StandardFields>, context: CaseContext, change = same, secret = context.secret) {
  const { order, nowMs } = context;
  const body = standardBody({
    type: 'payment.confirmed',
    invoiceId: order.invoiceId,
    paymentId: `pay-${randomUUID()}`,
    hash: newHash(),
    amount: amountOf(order),
    currency: order.currency,
    confirmations: 100,
    atMs: nowMs,
    ...fields,
  });
  return signStandard(change(body), secret, nowMs);
}

const same = (body: string) => body;

const WRITERS: Readonly<Record<SimulatedKind, Writer>> = {
  kryptoexpress: {
    pays: (context, bps, change, secret) => krypto({ amount: amountOf(context.order, bps) }, context, change, secret),
    inOtherCurrency: (context) => krypto({ currency: context.otherCurrency, amount: '1' }, context),
  },
  'standard-webhooks': {
    pays: (context, bps, change, secret) => standard({ amount: amountOf(context.order, bps) }, context, change, secret),
    inOtherCurrency: (context) => standard({ currency: context.otherCurrency, amount: '1' }, context),
  },
};

const SIGNATURE_HEADER: Readonly<Record<SimulatedKind, string>> = {
  kryptoexpress: 'X-Signature',
  'standard-webhooks': 'webhook-signature',
};

function resigned({ headers, body }: Message, name: string, change: (signature: string) => string): Message {
  return { body, headers: { ...headers, [name]: change(headers[name] ?? '') } };
}

function unsigned({ headers, body }: Message, name: string): Message {
  return { body, headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)) };
}

/** Amounts of both kinds are written after a name that ends with `mount`. */
const withAmount = (text: string) => (body: string) => body.replace(/("(?:cryptoA|a)mount": ?)"?[\d.]+"?/, `$1${text}`);

/** The cases that both kinds have. */
function commonCases(kind: SimulatedKind): readonly Case[] {
  const { pays, inOtherCurrency } = WRITERS[kind];
  const header = SIGNATURE_HEADER[kind];
  const refused = (name: string, answer: string, message: (context: CaseContext) => Message): Case => ({
    name,
    messages: (context) => [message(context)],
    answers: [answer],
    leaves: 'awaiting_payment',
  });
  const twice = (message: Message) => [message, message];
  return [
    { name: 'exact', messages: (c) => [pays(c)], answers: [OK], leaves: 'paid' },
    {
      name: 'short, within the tolerance',
      messages: (c) => [pays(c, WITHIN_BPS)],
      answers: [OK],
      leaves: 'paid settled_within_tolerance',
    },
    {
      name: 'short, beyond the tolerance',
      messages: (c) => [pays(c, BEYOND_BPS)],
      answers: [OK],
      leaves: 'awaiting_payment partially_paid',
    },
    { name: 'over', messages: (c) => [pays(c, OVER_BPS)], answers: [OK], leaves: 'paid overpaid' },
    { name: 'late', isLate: true, messages: (c) => [pays(c)], answers: [OK], leaves: 'expired paid_late' },
    {
      name: 'wrong currency',
      messages: (c) => [inOtherCurrency(c)],
      answers: [OK],
      leaves: 'awaiting_payment other_asset',
    },
    { name: 'replay', messages: (c) => twice(pays(c)), answers: [OK, KNOWN], leaves: 'paid' },
    refused('without a signature', UNSIGNED, (c) => unsigned(pays(c), header)),
    refused('a signature cut short', UNSIGNED, (c) => resigned(pays(c), header, (text) => text.slice(0, -4))),
    refused('a signature of another key', UNSIGNED, (c) => pays(c, BPS, same, OTHER_SECRET)),
    refused('changed after it was signed', UNSIGNED, (c) => {
      const { headers, body } = pays(c);
      return { headers, body: withAmount('1000')(body) };
    }),
    refused('1,025 bytes', '413 PAYLOAD_TOO_LARGE', (c) => pays(c, BPS, (body) => body.padEnd(1_025, ' '))),
    refused('a key twice', '400 INVALID_PARAMETER', (c) =>
      pays(c, BPS, (body) => body.replace(/^\{/, '{"type": "x", "isPaid": true, "type": "y",')),
    ),
    refused('an exponent', '400 INVALID_AMOUNT', (c) => pays(c, BPS, withAmount('1e999'))),
    refused('a negative amount', '400 INVALID_AMOUNT', (c) => pays(c, BPS, withAmount('-1'))),
    refused('more digits than the currency has', '400 INVALID_AMOUNT', (c) =>
      pays(c, BPS, withAmount(`0.${'1'.repeat(c.order.decimals + 1)}`)),
    ),
    refused('an unknown currency', '400 INVALID_PARAMETER', (c) =>
      pays(c, BPS, (body) => body.replace(`"${c.order.currency}"`, '"NOPE"')),
    ),
  ];
}

const KRYPTO_CASES: readonly Case[] = [
  {
    name: 'expired at the processor',
    messages: (c) => [krypto({ isPaid: false, hash: null }, c)],
    answers: [OK],
    leaves: 'awaiting_payment',
  },
];

const STANDARD_CASES: readonly Case[] = [
  {
    name: 'detected, then confirmed',
    messages: (c) => {
      const paymentId = `pay-${randomUUID()}`;
      const detected = { type: 'payment.detected', confirmations: 0, paymentId, hash: null } as const;
      return [standard(detected, c), standard({ paymentId, hash: null }, c)];
    },
    answers: [OK, OK],
    leaves: 'paid',
  },
  {
    name: 'out of order: confirmed, then detected',
    messages: (c) => {
      const paymentId = `pay-${randomUUID()}`;
      const detected = {
        type: 'payment.detected',
        confirmations: 0,
        paymentId,
        hash: null,
        atMs: c.nowMs - 1_000,
      } as const;
      return [standard({ paymentId, hash: null }, c), standard(detected, c)];
    },
    answers: [OK, OK],
    leaves: 'paid',
  },
  {
    name: 'in two parts',
    messages: (c) => {
      const first = c.order.due / 3n;
      const part = (units: bigint) => standard({ amount: decimalText({ units, decimals: c.order.decimals }) }, c);
      return [part(first), part(c.order.due - first)];
    },
    answers: [OK, OK],
    leaves: 'paid',
  },
  {
    name: 'detected, then failed',
    messages: (c) => {
      const paymentId = `pay-${randomUUID()}`;
      const detected = { type: 'payment.detected', confirmations: 0, paymentId } as const;
      return [standard(detected, c), standard({ type: 'payment.failed', confirmations: 0, paymentId }, c)];
    },
    answers: [OK, OK],
    leaves: 'awaiting_payment',
  },
  {
    name: 'too few confirmations',
    messages: (c) => [standard({ confirmations: 0 }, c)],
    answers: [OK],
    leaves: 'confirming',
  },
  {
    name: 'signed ten minutes ago',
    messages: (c) => [standard({}, { ...c, nowMs: c.nowMs - 600_000 })],
    answers: [UNSIGNED],
    leaves: 'awaiting_payment',
  },
];

/** Every case of a kind. */
export function casesOf(kind: SimulatedKind): readonly Case[] {
  return [...commonCases(kind), ...(kind === 'kryptoexpress' ? KRYPTO_CASES : STANDARD_CASES)];
}
