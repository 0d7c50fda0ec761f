import { describe, expect, it } from 'vitest';
import type { Rule } from '#shared/integrity/finding.ts';
import { minedFacts } from '#shared/integrity/mined-facts.ts';
import { refundFindings } from '#shared/integrity/refund-rules.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { paymentKey } from '#shared/orders/order-keys.ts';
import { type Refund, refundKey } from '#shared/payments/refunds/refund.ts';
import { transactionKey } from '#shared/transactions/ledger-items.ts';
import { hash32 } from '#test/support/fakes/ledger-transactions.ts';
import { CUSTOMER, OTHER_CUSTOMER } from '#test/support/fakes/refund-desk.ts';

import {
  AT_PROCESSOR,
  BACK,
  COIN_ID,
  DAI_ID,
  OWN_ID,
  PAID,
  RECORDED,
  refundedShop,
} from '#test/support/fakes/refunded-shop.ts';

type Row = Readonly<Record<string, unknown>>;

const AT = '2026-11-22T18:00:00.000Z';

const good = await refundedShop();
const { excess, token, native, failed, order } = good.refunds;

/** Which row, and what is otherwise in it; undefined: it is not there. */
type Spoil = readonly [key: { readonly pk: string; readonly sk: string }, change: Row | undefined];

function spoilt(rows: readonly Row[], spoils: readonly Spoil[]): readonly Row[] {
  const found = spoils.filter(([key]) => rows.some(({ pk, sk }) => pk === key.pk && sk === key.sk));
  return rows.flatMap((row) => {
    const spoil = found.find(([key]) => row['pk'] === key.pk && row['sk'] === key.sk);
    if (spoil === undefined) return [row];
    return spoil[1] === undefined ? [] : [{ ...row, ...spoil[1] }];
  });
}

/** What is found in the shop with some rows changed and some more. */
function found(spoils: readonly Spoil[], more: readonly Row[] = []): readonly (readonly [Rule, string])[] {
  const rows = noRows();
  for (const row of [...spoilt(good.shop, spoils), ...more]) addRow(rows, row);
  const ledger = spoilt(good.ledger, spoils);
  const mined = ledger.flatMap((row) => (row['sk'] === 'TX' ? (minedFacts(row) ?? []) : []));
  return refundFindings(rows, mined).map(({ rule, of }) => [rule, of]);
}

const ofRefund = ({ order_id, id }: Pick<Refund, 'order_id' | 'id'>, change: Row | undefined): Spoil => [
  refundKey(order_id, id),
  change,
];
const ofSent = ({ transaction_id }: { readonly transaction_id: string }, change: Row | undefined): Spoil => [
  transactionKey(transaction_id),
  change,
];
const ofPayment = (of: string, id: string, change: Row): Spoil => [paymentKey(of, id), change];
const ofOrder = (id: string, change: Row): Spoil => [{ pk: `ORDER#${id}`, sk: 'ORDER' }, change];
/** A refund once more, as a row of its own, for which nothing was sent. */
const again = (refund: Refund, change: Row): Row => ({
  ...refundKey(refund.order_id, 'rfd_again'),
  ...refund,
  status: 'confirmed',
  id: 'rfd_again',
  ...change,
});

describe('refunds that fit', () => {
  it('are every refund that Haven sent, and what processors gave back', () => {
    expect(good.shop.filter(({ sk }) => String(sk).startsWith('REFUND#'))).toHaveLength(6);
    expect(found([])).toEqual([]);
  });

  it('are one that is under way, mined or not', () => {
    const waits = ofRefund(excess, { status: 'pending' });
    expect(found([waits])).toEqual([]);
    expect(found([waits, ofSent(excess, { status: 'queued', succeeded: null, gas_used: null })])).toEqual([]);
  });

  it('are one that failed because a no-op was mined in its place', () => {
    const hash = hash32('noop');
    const attempt = { hash, nonce: 0, kind: 'noop', max_fee_per_gas: '1', max_priority_fee_per_gas: '1' };
    const attempts = [{ ...attempt, gas_limit: '21000', signed_at: AT, broadcast_at: AT, outcome: 'mined' }];
    expect(found([ofSent(failed, { status: 'cancelled', succeeded: true, hash, attempts })])).toEqual([]);
  });
});

describe('a refund', () => {
  it.each<[string, readonly Spoil[], readonly Row[], readonly (readonly [Rule, string])[]]>([
    [
      'of no order',
      [],
      [again(excess, { order_id: 'ord_gone', amount: '1' })],
      [
        ['refund', 'rfd_again'],
        ['refund_sent', 'rfd_again'],
      ],
    ],
    [
      'beside another',
      [ofRefund(excess, { status: 'pending' }), ofRefund(token, { status: 'pending' })],
      [],
      [['refund', PAID]],
    ],
    ['of nothing', [ofRefund(RECORDED, { amount: '0' })], [], [['refund', RECORDED.id]]],
    [
      'in another token than the order asks for',
      [ofRefund(excess, { token_address: token.token_address })],
      [],
      [
        ['refund', excess.id],
        ['refund_sent', excess.id],
      ],
    ],
    ['of an order that names a payment', [ofRefund(excess, { payment_id: OWN_ID })], [], [['refund', excess.id]]],
    ['of another asset that names none', [ofRefund(token, { payment_id: undefined })], [], [['refund', token.id]]],
    ['of a payment in what the order asks for', [ofRefund(token, { payment_id: OWN_ID })], [], [['refund', token.id]]],
    [
      'of a payment on another chain',
      [ofRefund(token, { chain_id: 1 })],
      [],
      [
        ['refund', token.id],
        ['refund_sent', token.id],
      ],
    ],
    [
      'of a payment in another token',
      [ofPayment(PAID, DAI_ID, { other_token: `0x${'0e'.repeat(20)}` })],
      [],
      [['refund', token.id]],
    ],
    ['of a payment in coin, in a token', [ofPayment(PAID, DAI_ID, { other_token: null })], [], [['refund', token.id]]],
    [
      'by another processor',
      [ofRefund(RECORDED, { processor: { name: 'other', reference: 'back-1' } })],
      [],
      [['refund', RECORDED.id]],
    ],
    [
      'by a processor that has not the money',
      [],
      [
        again(RECORDED, {
          ...refundKey(PAID, 'rfd_again'),
          order_id: PAID,
          kind: 'excess',
          amount: '1',
          processor: { name: 'kryptoexpress', reference: 'back-2' },
        }),
      ],
      [
        ['refund', 'rfd_again'],
        ['refunded', PAID],
      ],
    ],
    ['of a processor that is recorded twice', [], [again(RECORDED, { amount: '1' })], [['refund', 'rfd_again']]],
    [
      'that is not there, of an order that is refunded',
      [ofRefund(order, undefined)],
      [],
      [
        ['refund', BACK],
        ['refund_sent', order.transaction_id],
      ],
    ],
    [
      'that is not there, of an order that is refunding',
      [ofOrder(PAID, { status: 'refunding', stock: 'released' })],
      [],
      [['refund', PAID]],
    ],
    [
      'that has failed, of an order that is refunded',
      [ofRefund(order, { status: 'failed' })],
      [],
      [
        ['refund', BACK],
        ['refund_sent', order.id],
      ],
    ],
  ])('%s is named', (_what, spoils, more, findings) => {
    expect(found(spoils, more)).toEqual(findings);
  });
});

describe('more that was given back than came', () => {
  it.each<[string, readonly Spoil[], readonly Row[], readonly (readonly [Rule, string])[]]>([
    [
      'a refund that was sent twice',
      [],
      [again(order, {})],
      [
        ['refunded', BACK],
        ['refund_sent', 'rfd_again'],
      ],
    ],
    ['one that did not fail after all', [ofRefund(failed, { status: 'pending' })], [], [['refunded', BACK]]],
    ['a base unit too much', [ofPayment(BACK, OWN_ID, { amount: '499' })], [], [['refunded', BACK]]],
    ['money that is gone', [ofPayment(BACK, OWN_ID, { status: 'orphaned' })], [], [['refunded', BACK]]],
    ['money that is not confirmed', [ofPayment(BACK, OWN_ID, { status: 'detected' })], [], [['refunded', BACK]]],
    [
      'an excess that takes of the amount due',
      [ofPayment(PAID, OWN_ID, { amount: '1000399' })],
      [],
      [['refunded', PAID]],
    ],
    [
      'an excess that money in something else seems to cover',
      [ofPayment(PAID, OWN_ID, { amount: '1000000' }), ofPayment(PAID, DAI_ID, { amount: '1700' })],
      [],
      [['refunded', PAID]],
    ],
    [
      'another asset that money of the order seems to cover',
      [ofPayment(PAID, DAI_ID, { amount: '699' })],
      [],
      [['refunded', DAI_ID]],
    ],
    [
      'another asset that is given back twice',
      [],
      [again(native, {})],
      [
        ['refunded', COIN_ID],
        ['refund_sent', 'rfd_again'],
      ],
    ],
    [
      "a processor's refund beyond what it told of",
      [ofRefund(RECORDED, { amount: '1000001' })],
      [],
      [['refunded', AT_PROCESSOR]],
    ],
  ])('%s is named', (_what, spoils, more, findings) => {
    expect(found(spoils, more)).toEqual(findings);
  });
});

describe('a refund and its transaction', () => {
  it.each<[string, readonly Spoil[], readonly (readonly [Rule, string])[]]>([
    [
      'that was never mined',
      [ofSent(excess, { status: 'submitted', succeeded: null, gas_used: null })],
      [['refund_sent', excess.id]],
    ],
    ['that is not there', [ofSent(excess, undefined)], [['refund_sent', excess.id]]],
    ['that is not final', [ofSent(excess, { status: 'mined' })], [['refund_sent', excess.id]]],
    ['that reverted', [ofSent(excess, { status: 'reverted', succeeded: false })], [['refund_sent', excess.id]]],
    ['that went elsewhere', [ofSent(native, { to: OTHER_CUSTOMER })], [['refund_sent', native.id]]],
    ['that moved another token', [ofSent(token, { to: CUSTOMER })], [['refund_sent', token.id]]],
    ['that moved more coin', [ofSent(native, { value: '901' })], [['refund_sent', native.id]]],
    ['that moved more of a token', [ofRefund(excess, { amount: '399' })], [['refund_sent', excess.id]]],
    ['that is of another chain', [ofSent(native, { chain_id: 1 })], [['refund_sent', native.id]]],
    ['that is of another wallet', [ofSent(native, { wallet_id: 'wal_other' })], [['refund_sent', native.id]]],
    ['that has not its reference', [ofSent(native, { reference: 'payout-1' })], [['refund_sent', native.id]]],
    ['that did not fail', [ofSent(failed, { status: 'confirmed', succeeded: true })], [['refund_sent', failed.id]]],
    [
      'that sent it a second time',
      [ofSent(failed, { status: 'confirmed', succeeded: true, reference: `refund:${order.id}` })],
      [
        ['refund_sent', failed.id],
        ['refund_sent', failed.transaction_id],
      ],
    ],
  ])('%s is named', (_what, spoils, findings) => {
    expect(found(spoils)).toEqual(findings);
  });

  it('says what differs, in words', () => {
    const rows = noRows();
    for (const row of good.shop) addRow(rows, row);
    const [first] = refundFindings(rows, []);
    expect(first).toEqual({
      rule: 'refund_sent',
      of: expect.stringMatching(/^rfd_/),
      says: expect.stringMatching(/^confirmed, and tx_\w+ is in no block; of ord_/),
    });
  });
});
