import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assetAmount, moneyAmount } from '#shared/mails/templates/amounts.ts';
import { LOCALES, localeOf } from '#shared/mails/templates/locale.ts';
import { orderMail } from '#shared/mails/templates/order-mail.ts';
import { orderSchema } from '#shared/orders/order.ts';
import { namedAddress } from '#shared/platform/aws/named-address.ts';
import { samplesIn } from '../../../bin/mails/samples.ts';

/** Text as somebody writes it who wants out of where it is put. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<script>',
        '</td>',
        '"',
        "'",
        '&',
        '\r\nBcc: x@example.com',
        '\u2028',
        '\u202e',
        '=?UTF-8?B?',
        '>',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => `x${parts.join('')}`);

const samples = LOCALES.flatMap(samplesIn);
const sample = fc.constantFrom(...samples);
const plainOf = (html: string) =>
  html.replace(/<[^>]*>/g, '\0').replace(/&(lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity] ?? entity);
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
};
const tagsOf = (html: string) => [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/="[^"]*"/g, ''));

describe('a mail', () => {
  it('has the same elements and lines whatever a product and the shop are called, and no header ends in it', () => {
    fc.assert(
      fc.property(sample, hostile, hostile, ({ facts }, product, shop) => {
        const lines = facts.order.lines.map((line) => ({ ...line, name: product }));
        const usual = orderMail(facts);
        const mail = orderMail({ ...facts, shop: { ...facts.shop, name: shop }, order: { ...facts.order, lines } });
        expect(tagsOf(mail.html)).toEqual(tagsOf(usual.html));
        expect(mail.text.split('\n')).toHaveLength(usual.text.split('\n').length);
        expect(mail.subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect([...mail.subject].length).toBeLessThanOrEqual(150);
        expect(namedAddress(shop, 'shop@haven.example')).toMatch(
          /^("[\x20-\x7e]*"|[\x21-\x7e ]*) <shop@haven\.example>$/,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('shows what is asked for exactly, in every digit and language, in HTML as in text', () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 30n),
        fc.nat({ max: 18 }),
        fc.constantFrom(...LOCALES),
        (due, decimals, locale) => {
          const [first] = samplesIn(locale);
          if (first === undefined) throw new Error('There are no samples');
          const { order } = first.facts;
          const payment = { ...order.payment, amount_due: due.toString(), decimals };
          const { text, html } = orderMail({ ...first.facts, order: orderSchema.parse({ ...order, payment }) });
          const shown = assetAmount(due, decimals, order.payment.asset);
          expect(text).toContain(shown);
          expect(plainOf(html)).toContain(shown);
          const [whole = '', fraction = ''] = shown.split('\u00a0')[0]?.split('.') ?? [];
          expect(BigInt(whole + fraction.padEnd(decimals, '0'))).toBe(due);
          expect(text).toContain(`=${due}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('an amount of money', () => {
  it.each([
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    // CLDR shows it without a fraction; its minor unit has two digits.
    ['IDR', 2],
  ] as const)('of %s has all digits of its minor unit, however large', (currency, digits) => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 24n), fc.constantFrom(...LOCALES), (amount, locale) => {
        const shown = moneyAmount({ amount: amount.toString(), currency }, locale);
        const numbers = shown.replace(/[^\d]/g, '');
        expect(BigInt(numbers)).toBe(amount);
        expect(numbers.length).toBeGreaterThan(digits);
      }),
    );
  });
});

describe('a language', () => {
  it('that there are no mails in is the fallback, and a country changes nothing', () => {
    expect(localeOf('de-AT', 'en')).toBe('de');
    expect(localeOf('fr-FR', 'de')).toBe('de');
    expect(localeOf(undefined, 'en')).toBe('en');
  });
});
