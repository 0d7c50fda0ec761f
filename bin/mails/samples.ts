import type { MailKind } from '#shared/mails/mail-kind.ts';
import { type MailShop, mailShopSchema } from '#shared/mails/mail-settings.ts';
import type { Locale } from '#shared/mails/templates/locale.ts';
import type { MailFacts } from '#shared/mails/templates/order-mail.ts';
import { type Order, orderSchema } from '#shared/orders/order.ts';

/** A mail to be looked at. */
export interface Sample {
  /** Names its files. */
  readonly name: string;
  readonly facts: MailFacts;
}

const SHOP: MailShop = mailShopSchema.parse({
  name: 'Haven Shop',
  from: 'shop@haven.example',
  time_zone: 'Europe/Berlin',
  order_url: 'https://shop.haven.example/orders/{order_id}',
});

/** Half a USDC is missing of twenty-nine and a half. */
const PARTLY = { amount_paid: '29000000' } as const;
const FULLY = { amount_paid: '29500000' } as const;

type Change = Partial<Omit<Order, 'payment'>> & { readonly payment?: Readonly<Record<string, unknown>> };

/** What each mail is about, and the variants of some. */
const CASES: readonly (readonly [name: string, kind: MailKind, change: Change])[] = [
  ['awaiting-payment', 'awaiting_payment', {}],
  [
    'awaiting-payment-at-processor',
    'awaiting_payment',
    {
      payment: {
        chain_id: null,
        processor: { name: 'kryptoexpress', invoice_id: null, uri: null },
        token_address: null,
        address: null,
        wallet_id: null,
        asset: 'BTC',
        decimals: 8,
        amount_due: '29500',
      },
    },
  ],
  ['partially-paid', 'partially_paid', { flags: ['partially_paid'], payment: PARTLY }],
  ['payment-lost', 'payment_lost', {}],
  ['payment-lost-after-paid', 'payment_lost', { status: 'paid', flags: ['partially_paid'] }],
  ['paid', 'paid', { status: 'paid', payment: FULLY }],
  ['paid-too-much', 'paid', { status: 'paid', flags: ['overpaid'], payment: { amount_paid: '35000000' } }],
  ['fulfilled', 'fulfilled', { status: 'fulfilled', stock: 'sold', payment: FULLY }],
  ['expired', 'expired', { status: 'expired', stock: 'released' }],
  [
    'expired-with-money',
    'expired',
    { status: 'expired', stock: 'released', flags: ['partially_paid'], payment: PARTLY },
  ],
  ['paid-late', 'paid_late', { status: 'expired', stock: 'released', flags: ['paid_late'], payment: FULLY }],
  ['cancelled', 'cancelled', { status: 'cancelled', stock: 'released' }],
  ['cancelled-with-money', 'cancelled', { status: 'cancelled', stock: 'released', payment: PARTLY }],
  ['refunded', 'refunded', { status: 'refunded', stock: 'released', payment: FULLY }],
];

/** Every mail that there is, in one language. */
export function samplesIn(locale: Locale): readonly Sample[] {
  return CASES.map(([name, kind, change]) => ({
    name: `${name}.${locale}`,
    facts: {
      kind,
      order: sampleOrder({ ...change, locale }),
      shop: SHOP,
      networks: { '1': 'Ethereum' },
      refunds: [{ amount: '29500000', to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' }],
    },
  }));
}

function sampleOrder({ payment, ...change }: Change): Order {
  const price = (amount: string) => ({ amount, currency: 'USD' });
  const allocations = [{ sku: 'TEE-M', shard: 0, quantity: 1 }];
  return orderSchema.parse({
    audit_seq: 1,
    audit_hash: '0'.repeat(64),
    id: 'ord_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    cart_id: 'crt_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    token_hash: '',
    status: 'awaiting_payment',
    flags: [],
    stock: 'reserved',
    lines: [
      { sku: 'TEE-M', name: 'T-shirt, organic cotton, medium', quantity: 2, unit_price: price('1000'), allocations },
      { sku: 'MUG', name: 'Mug “Tea & Tees”', quantity: 1, unit_price: price('950'), allocations },
    ],
    total: price('2950'),
    email: 'ada@example.com',
    payment: {
      chain_id: 1,
      asset: 'USDC',
      token_address: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
      decimals: 6,
      address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
      wallet_id: '',
      amount_due: '29500000',
      amount_paid: '0',
      rate: '1',
      rate_source: 'fixed',
      required_confirmations: 12,
      tolerance_bps: 10,
      ...payment,
    },
    expires_at: '2026-12-01T17:30:00.000Z',
    created_at: '2026-12-01T17:00:00.000Z',
    updated_at: '2026-12-01T17:00:00.000Z',
    version: 1,
    ...change,
  });
}
