import { describe, expect, it } from 'vitest';
import type { OrderFlag, OrderStatus, Payment } from '#shared/orders/order.ts';
import { reduceOrder } from '#shared/orders/reduce.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';

/** Due are 1,000,000 base units, so the tolerance is 1,000. */
interface Case {
  readonly rule: string;
  readonly status?: OrderStatus;
  readonly flags?: OrderFlag[];
  readonly payments: readonly Payment[];
  /** Milliseconds after the deadline. */
  readonly late?: number;
  readonly becomes: readonly OrderStatus[];
  readonly flagged?: readonly OrderFlag[];
  readonly told?: readonly string[];
  readonly isUndone?: true;
}

const paid = (amount: number, overrides: Partial<Payment> = {}) =>
  testPayment(amount, { id: `p${amount}`, ...overrides });
const detected = (amount: number, overrides: Partial<Payment> = {}) =>
  paid(amount, { status: 'detected', ...overrides });
const orphaned = (amount: number) => paid(amount, { status: 'orphaned' });
const AFTER: Partial<Payment> = { block_at: isoTime(TEST_DEADLINE_MS + 1) };
const AT_DEADLINE: Partial<Payment> = { block_at: isoTime(TEST_DEADLINE_MS) };

const CASES: readonly Case[] = [
  { rule: 'nothing paid before the deadline: waits', payments: [], becomes: [] },
  { rule: 'nothing paid at the very deadline: waits', payments: [], late: 0, becomes: [] },
  { rule: 'nothing paid after the deadline: expires', payments: [], late: 1, becomes: ['expired'] },
  { rule: 'the whole seen: confirming', payments: [detected(1_000_000)], becomes: ['confirming'] },
  {
    rule: 'the whole confirmed when it is first seen: both steps',
    payments: [paid(1_000_000)],
    becomes: ['confirming', 'paid'],
  },
  {
    rule: 'a shortfall of exactly the tolerance: paid',
    payments: [paid(999_000)],
    becomes: ['confirming', 'paid'],
    flagged: ['settled_within_tolerance'],
  },
  {
    rule: 'a unit less: partially paid',
    payments: [paid(998_999)],
    becomes: [],
    flagged: ['partially_paid'],
    told: ['order.partially_paid'],
  },
  { rule: 'an excess of exactly the tolerance: dust', payments: [paid(1_001_000)], becomes: ['confirming', 'paid'] },
  {
    rule: 'a unit more: overpaid',
    payments: [paid(1_001_001)],
    becomes: ['confirming', 'paid'],
    flagged: ['overpaid'],
    told: ['order.overpaid'],
  },
  {
    rule: 'one order paid by several transactions',
    payments: [paid(400_000), paid(600_000)],
    becomes: ['confirming', 'paid'],
  },
  {
    rule: 'another asset: kept in sight, and counts for nothing',
    payments: [paid(1_000_000, { other_asset: 'ETH' })],
    becomes: [],
    flagged: ['other_asset'],
    told: ['order.other_asset'],
  },
  {
    rule: 'another asset beside the whole: paid, and not overpaid',
    payments: [paid(1_000_000), paid(900_000, { other_asset: 'ETH' })],
    becomes: ['confirming', 'paid'],
    flagged: ['other_asset'],
    told: ['order.other_asset'],
  },
  {
    rule: 'another asset that vanished: as if it had never been',
    payments: [paid(5, { other_asset: 'ETH', status: 'orphaned' })],
    becomes: [],
  },
  {
    rule: 'several, of which one is not deep enough',
    payments: [paid(400_000), detected(600_000)],
    becomes: ['confirming'],
  },
  {
    rule: 'partial at the deadline: expires, and says so',
    payments: [paid(500_000)],
    late: 1,
    flags: ['partially_paid'],
    becomes: ['expired'],
    flagged: ['partially_paid'],
  },
  {
    rule: 'paid in a block at the deadline, seen an hour later: in time',
    payments: [paid(1_000_000, AT_DEADLINE)],
    late: 3_600_000,
    becomes: ['confirming', 'paid'],
  },
  {
    rule: 'paid in a block after the deadline, seen before it was expired: late',
    payments: [paid(1_000_000, AFTER)],
    late: 1,
    becomes: ['expired'],
    flagged: ['paid_late'],
    told: ['order.paid_late'],
  },
  {
    rule: 'the rest of a partial payment after the deadline: late, nothing taken away',
    payments: [paid(500_000), paid(500_001, AFTER)],
    late: 1,
    flags: ['partially_paid'],
    becomes: ['expired'],
    flagged: ['paid_late'],
    told: ['order.paid_late'],
  },
  {
    rule: 'money on an expired order: late, the status stays',
    status: 'expired',
    payments: [paid(1_000_000, AFTER)],
    late: 60_000,
    becomes: [],
    flagged: ['paid_late'],
    told: ['order.paid_late'],
  },
  {
    rule: 'some late money on an expired order: late and partial',
    status: 'expired',
    payments: [paid(10, AFTER)],
    late: 60_000,
    becomes: [],
    flagged: ['partially_paid', 'paid_late'],
    told: ['order.partially_paid', 'order.paid_late'],
  },
  {
    rule: 'in time, but seen after it was expired: money on an expired order',
    status: 'expired',
    payments: [paid(1_000_000)],
    late: 60_000,
    becomes: [],
    flagged: ['paid_late'],
    told: ['order.paid_late'],
  },
  {
    rule: 'late money that vanishes again: no flag',
    status: 'expired',
    flags: ['paid_late'],
    payments: [orphaned(1_000_000)],
    late: 60_000,
    becomes: [],
  },
  {
    rule: 'BTCPay #4146: partial, expired, then late overpayment: all of it is visible',
    status: 'expired',
    flags: ['partially_paid'],
    payments: [paid(500_000), paid(700_000, AFTER)],
    late: 60_000,
    becomes: [],
    flagged: ['overpaid', 'paid_late'],
    told: ['order.overpaid', 'order.paid_late'],
  },
  { rule: 'confirming, deep enough: paid', status: 'confirming', payments: [paid(1_000_000)], becomes: ['paid'] },
  {
    rule: 'BTCPay #2640: confirmations may come after the deadline',
    status: 'confirming',
    payments: [paid(1_000_000)],
    late: 3_600_000,
    becomes: ['paid'],
  },
  {
    rule: 'confirming after the deadline with its money in time: waits on',
    status: 'confirming',
    payments: [detected(1_000_000)],
    late: 3_600_000,
    becomes: [],
  },
  {
    rule: 'BTCPay #1371: vanished before the deadline: back',
    status: 'confirming',
    payments: [orphaned(1_000_000)],
    becomes: ['awaiting_payment'],
  },
  {
    rule: 'vanished in part: back, and partially paid',
    status: 'confirming',
    payments: [orphaned(600_000), paid(400_000)],
    becomes: ['awaiting_payment'],
    flagged: ['partially_paid'],
    told: ['order.partially_paid'],
  },
  {
    rule: 'vanished after the deadline: expired',
    status: 'confirming',
    payments: [orphaned(1_000_000)],
    late: 1,
    becomes: ['expired'],
  },
  {
    rule: 'one of two vanished, the other still covers: stays',
    status: 'confirming',
    payments: [orphaned(1_000_000), detected(999_500)],
    becomes: [],
    flagged: ['settled_within_tolerance'],
  },
  {
    rule: 'money on a cancelled order: kept in sight, the status stays',
    status: 'cancelled',
    payments: [paid(1_000_000)],
    becomes: [],
  },
  {
    rule: 'more money on a paid order: overpaid',
    status: 'paid',
    payments: [paid(1_000_000), paid(5_000, AFTER)],
    late: 1,
    becomes: [],
    flagged: ['overpaid'],
    told: ['order.overpaid'],
  },
  {
    rule: 'a paid order never falls back, and says that its money is gone',
    status: 'paid',
    payments: [orphaned(1_000_000)],
    late: 1,
    becomes: [],
    flagged: ['partially_paid'],
    told: ['order.payment_lost'],
    isUndone: true,
  },
  {
    rule: 'and says so once',
    status: 'paid',
    flags: ['partially_paid'],
    payments: [orphaned(1_000_000)],
    becomes: [],
    flagged: ['partially_paid'],
  },
  {
    rule: 'an accepted late payment stays late',
    status: 'paid',
    flags: ['paid_late'],
    payments: [paid(1_000_000, AFTER)],
    late: 1,
    becomes: [],
    flagged: ['paid_late'],
  },
  {
    rule: 'what is being refunded is judged no more',
    status: 'refunding',
    flags: ['overpaid'],
    payments: [paid(3_000_000)],
    late: 1,
    becomes: [],
    flagged: ['overpaid'],
  },
];

describe('reduceOrder', () => {
  it.each(CASES)(
    '$rule',
    ({ status, flags = [], payments, late, becomes, flagged = [], told = [], isUndone = false }) => {
      const order = testOrder({ status: status ?? 'awaiting_payment', flags });
      const nowMs = late === undefined ? TEST_NOW_MS + 120_000 : TEST_DEADLINE_MS + late;
      const reduction = reduceOrder(order, payments, nowMs);
      expect(reduction.steps.map(({ to }) => to)).toEqual(becomes);
      expect(reduction.status).toBe(becomes.at(-1) ?? order.status);
      expect(reduction.flags).toEqual(flagged);
      expect(reduction.flagEvents).toEqual(told);
      expect(reduction.isUndone).toBe(isUndone);
    },
  );

  it('adds up what was seen, whenever it came, and nothing that is orphaned', () => {
    const payments = [paid(1), detected(20), paid(300, AFTER), orphaned(4_000)];
    expect(reduceOrder(testOrder(), payments, TEST_NOW_MS).amountPaid).toBe(321n);
  });

  it('judges amounts that no float can hold', () => {
    const due = { amount_due: (10n ** 30n).toString() };
    const short = reduceOrder(testOrder({}, due), [testPayment(10n ** 30n - 10n ** 27n - 1n)], TEST_NOW_MS);
    expect(short.status).toBe('awaiting_payment');
    const whole = reduceOrder(testOrder({}, due), [testPayment(10n ** 30n - 10n ** 27n)], TEST_NOW_MS);
    expect(whole.status).toBe('paid');
  });

  it('has no tolerance for what is too small for one', () => {
    const tiny = testOrder({}, { amount_due: '999' });
    expect(reduceOrder(tiny, [testPayment(998)], TEST_NOW_MS)).toMatchObject({ status: 'awaiting_payment' });
    expect(reduceOrder(tiny, [testPayment(999)], TEST_NOW_MS)).toMatchObject({ status: 'paid', flags: [] });
  });
});
