import { describe, expect, it } from 'vitest';
import { mailKindSchema } from '#shared/mails/mail-kind.ts';
import { mailShopSchema } from '#shared/mails/mail-settings.ts';
import { mailedRefunds } from '#shared/mails/mailed-refunds.ts';
import { PALETTES } from '#shared/mails/templates/layout.ts';
import { LOCALES } from '#shared/mails/templates/locale.ts';
import type { MailStrings } from '#shared/mails/templates/mail-strings.ts';
import { orderMail } from '#shared/mails/templates/order-mail.ts';
import { stringsOf } from '#shared/mails/templates/strings.ts';
import { refundSchema } from '#shared/payments/refunds/refund.ts';
import { processorOrder, testOrder } from '#test/support/fakes/orders.ts';
import { samplesIn } from '../../../bin/mails/samples.ts';

const SHOP = mailShopSchema.parse({ name: 'Shop', from: 'shop@haven.example' });
const NETWORKS = { '31337': 'Anvil' };

describe('mails', () => {
  it('can be previewed of every kind, in every language', () => {
    for (const locale of LOCALES) {
      expect(new Set(samplesIn(locale).map(({ facts }) => facts.kind))).toEqual(new Set(mailKindSchema.options));
    }
  });

  it.each(LOCALES.flatMap(samplesIn).map((sample) => [sample.name, sample] as const))(
    '%s says the same in text and HTML, loads nothing, and has nothing left open',
    (_name, { facts }) => {
      const { subject, text, html } = orderMail(facts);
      expect([subject, text, html].join('')).not.toMatch(/undefined|null|NaN|\[object|\{\w+\}/);
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const words = line.replace(/:$/, '').split(': ').at(-1) ?? '';
        expect(html).toContain(words.replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('"', '&quot;'));
      }
      expect(html).not.toMatch(/<(img|script|link|iframe|object|form)|url\(|@import|src=/);
      expect(
        [...html.matchAll(/href="([^":]*):/g)].every(([, scheme]) => scheme === 'https' || scheme === 'ethereum'),
      ).toBe(true);
      expect(Buffer.byteLength(html)).toBeLessThan(30_000);
    },
  );

  it('are written in every language in words of its own', () => {
    const texts = (strings: MailStrings) => Object.values(strings.kinds).map(({ heading }) => heading);
    const all = LOCALES.flatMap((locale) => texts(stringsOf(locale)));
    expect(new Set(all).size).toBe(all.length);
  });

  it('show a payment link for exactly what is still due, and one address only', () => {
    const order = testOrder({ flags: ['partially_paid'] }, { amount_paid: '400000' });
    const { text } = orderMail({ kind: 'partially_paid', order, shop: SHOP, networks: NETWORKS, refunds: [] });
    expect(text).toContain('uint256=600000');
    expect(text).toContain('Still due: 0.6\u00a0USDC');
    expect(text.split('\n').filter((line) => /: 0x[0-9a-f]{40}$/i.test(line))).toEqual([
      `Address: ${order.payment.address}`,
    ]);
  });

  it('show what went back for good of what the order asks for, whoever gave it back', () => {
    const shared = {
      order_id: 'ord_1',
      is_partial: false,
      reason: '',
      requested_by: '',
      created_at: '',
      updated_at: '',
      version: 1,
    };
    const sent = {
      ...shared,
      chain_id: 31_337,
      token_address: null,
      address_from: 'operator',
      wallet_id: '',
      transaction_id: '',
      failure: null,
      to: '0xdead',
    };
    const refunds = [
      { ...sent, id: 'rfd_1', kind: 'order', status: 'confirmed', amount: '600000', asset: 'USDC' },
      { ...sent, id: 'rfd_2', kind: 'order', status: 'failed', amount: '1', asset: 'USDC' },
      { ...sent, id: 'rfd_3', kind: 'other_asset', status: 'confirmed', amount: '2', asset: 'ETH' },
      {
        ...shared,
        id: 'rfd_4',
        kind: 'order',
        status: 'confirmed',
        amount: '400000',
        asset: 'USDC',
        chain_id: null,
        processor: { name: 'p', reference: 'r' },
      },
    ].map((refund) => refundSchema.parse(refund));
    const order = testOrder({ status: 'refunded' });
    const mailed = {
      kind: 'refunded',
      order,
      shop: SHOP,
      networks: NETWORKS,
      refunds: mailedRefunds({ refunds }),
    } as const;
    const facts = orderMail(mailed)
      .text.split('\n')
      .filter((line) => /^(Sent back|To the address)/.test(line));
    expect(facts).toEqual(['Sent back: 0.6\u00a0USDC', 'To the address: 0xdead', 'Sent back: 0.4\u00a0USDC']);
  });

  it('link to no order without a page of the stage, and never by a token', () => {
    const facts = {
      kind: 'paid',
      order: testOrder({ status: 'paid' }),
      shop: SHOP,
      networks: NETWORKS,
      refunds: [],
    } as const;
    expect(orderMail(facts).html).not.toContain('href');
    const shop = { ...SHOP, order_url: 'https://shop.example/o/{order_id}?a=b' };
    expect(orderMail({ ...facts, shop }).text).toContain(`https://shop.example/o/${facts.order.id}?a=b\n`);
  });

  it("open nothing that an integrator gave: a processor's link is text", () => {
    const order = processorOrder(
      {},
      { address: 'bc1qxy', processor: { name: 'p', invoice_id: '1', uri: 'javascript:alert(1)' } },
    );
    const { html } = orderMail({ kind: 'awaiting_payment', order, shop: SHOP, networks: NETWORKS, refunds: [] });
    expect(html).toContain('>javascript:alert(1)<');
    expect(html).not.toContain('href');
  });

  it.each([
    ['an http page', { order_url: 'http://shop.example/{order_id}' }],
    ['a page without an order', { order_url: 'https://shop.example/' }],
    ['a page whose host would be the order', { order_url: 'https://{order_id}:x@shop.example/' }],
    ['a time zone that nobody has', { time_zone: 'Mars/Olympus' }],
    ['a name of two lines', { name: 'Shop\r\nBcc: x@example.com' }],
    ['a language without mails', { locale: 'fr' }],
  ])('are not made for a stage with %s', (_what, change) => {
    expect(mailShopSchema.safeParse({ name: 'Shop', from: 'shop@haven.example', ...change }).success).toBe(false);
  });
});

describe.each(['light', 'dark'] as const)('the colours of a mail, %s', (appearance) => {
  const { page, card, text, quiet, band, onBand, link } = PALETTES[appearance];

  it.each([
    ['text', text, card],
    ['labels', quiet, card],
    ['links', link, card],
    ['the name of the shop', onBand, band],
    ['text on the page', text, page],
  ])('have a contrast of 4.5 to 1 for %s (WCAG 2, AA)', (_what, one, other) => {
    expect(contrast(one, other)).toBeGreaterThanOrEqual(4.5);
  });

  /** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
  function contrast(one: string, other: string): number {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance(colour: string): number {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
});
