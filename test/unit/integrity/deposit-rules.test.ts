import { describe, expect, it } from 'vitest';
import { assetsToAsk, depositFindings } from '#shared/integrity/deposit-rules.ts';
import { minedFacts } from '#shared/integrity/mined-facts.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { KEPT_WHATEVER } from '#shared/orders/many-payments.ts';
import type { Order, Payment } from '#shared/orders/order.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { DEPOSIT_TOKEN, NEXT_TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { DEPOSIT, paidInTokens } from '#test/support/fakes/paid-deposit.ts';

/** Tokens that the order does not ask for. */
const [DAI, EURC] = [`0x${'da'.repeat(20)}`, `0x${'eC'.repeat(20)}`];

/** A transfer of a token that the order does not ask for, as a payment; stored with the token's address unless that is left out. */
function other(n: number, symbol: string, amount: string, other_token?: string): Partial<Payment> {
  const token = other_token === undefined ? {} : { other_token };
  return { id: `31337:0x${String(n).repeat(64)}:${n}`, other_asset: symbol, amount, ...token };
}

/** What of a swept shop is spoiled. */
interface Spoil {
  readonly payment?: Partial<Payment>;
  /** Payments besides. */
  readonly more?: readonly Partial<Payment>[];
  readonly order?: Partial<Omit<Order, 'payment'>>;
  /** At the address, more than payments tell of: of coin and of each token, or of some assets. */
  readonly there?: bigint;
  readonly of?: readonly string[];
  /** Came of other tokens, and was swept. */
  readonly came?: Readonly<Record<string, bigint>>;
}

/** A shop whose one order was paid in a token and swept, and what of it can be spoiled. */
async function swept({ payment, more = [], order: change, there = 0n, of, came = {} }: Spoil = {}) {
  const desk = paidInTokens(undefined, { tokens: [DEPOSIT_TOKEN, ...Object.keys(came)] });
  for (const [token, amount] of Object.entries(came)) desk.give(token, DEPOSIT, amount);
  await desk.runToTheEnd();
  const rows = noRows();
  const order = testOrder({ status: 'paid', ...change });
  addRow(rows, orderItem({ ...order, payment: { ...order.payment, address: DEPOSIT } }));
  addRow(rows, paymentItem(testPayment(1_000_000, payment)));
  for (const one of more) addRow(rows, paymentItem(testPayment(1, one)));
  addRow(rows, desk.sweepRow());
  const mined = desk.transactions().flatMap((row) => minedFacts(row) ?? []);
  const isMore = (token: string | null) => of === undefined || of.includes(token ?? 'coin');
  const findings = depositFindings(rows.sweeps, rows, mined, {
    chainId: TEST_CHAIN.chain_id,
    balanceOf: (address, token) => desk.balanceOf(token ?? 'coin', address) + (isMore(token) ? there : 0n),
  });
  return { desk, rows, findings, of: findings.map((one) => one.of.split(' ')[1]) };
}

const { on_chain: PLACE } = testPayment(1);
/** Coin of a stranger, not gas of the treasury. */
const AS_COIN: Partial<Payment> = {
  id: `31337:0x${'c0'.repeat(32)}:native`,
  amount: '7',
  other_asset: 'ETH',
  on_chain: PLACE === null ? null : { ...PLACE, log_index: null, from: NEXT_TREASURY.address },
};
/** So many that further ones may not be kept. */
const MANY = Array.from({ length: KEPT_WHATEVER }, (_, n) => ({
  id: `31337:0x${String(n).padStart(64, 'f')}:0`,
  amount: '0',
}));

describe('what came to the address of a swept order', () => {
  it('is what left it, its fees and what is there, in each asset', async () => {
    const { rows, findings } = await swept();
    expect(rows.misfits).toEqual([]);
    expect(assetsToAsk(rows.sweeps, rows, TEST_CHAIN.chain_id)).toEqual([
      { address: DEPOSIT, token_address: null },
      { address: DEPOSIT, token_address: DEPOSIT_TOKEN.toLowerCase() },
    ]);
    expect(findings).toEqual([]);
  });

  it.each([
    ['a payment that never came', { payment: { amount: '1000001' } }, 1],
    ['a payment that is gone', { payment: { status: 'orphaned' } }, 1],
    ['more of a token at the address than anybody saw come', { there: 1n, of: [DEPOSIT_TOKEN.toLowerCase()] }, 1],
    ['coin that never came', { more: [AS_COIN] }, 1],
  ] as const)('does not add up with %s', async (_what, spoil, findings) => {
    const found = await swept(spoil);
    expect(found.findings.map(({ rule }) => rule)).toEqual(Array.from({ length: findings }, () => 'deposit'));
  });

  it('is told apart by the token where several came that nobody asked for', async () => {
    const came = { [DAI]: 500n, [EURC]: 30n };
    const both = [other(1, 'DAI', '500', DAI), other(2, 'EURC', '30', EURC)];
    expect((await swept({ came, more: both })).of).toEqual([]);
    const swapped = [other(1, 'DAI', '500', EURC), other(2, 'EURC', '30', DAI)];
    expect((await swept({ came, more: swapped })).of.toSorted()).toEqual([DAI, EURC.toLowerCase()].toSorted());
    expect((await swept({ came, more: both.slice(1) })).of).toEqual([DAI]);
    // Stored, and gone without a trace.
    expect((await swept({ more: [other(1, 'DAI', '500', DAI)] })).of).toEqual([DAI]);
  });

  it('is at most what came of all where payments were stored without their token', async () => {
    const came = { [DAI]: 500n, [EURC]: 30n };
    const more = [other(1, 'DAI', '500'), other(2, 'EURC', '30')];
    expect((await swept({ came, more })).of).toEqual([]);
    expect((await swept({ came: { ...came, [DAI]: 531n }, more })).of).toEqual([DAI]);
    // Of one token alone there is no doubt.
    expect((await swept({ came: { [DAI]: 500n }, more: more.slice(0, 1) })).of).toEqual([]);
    expect((await swept({ came: { [DAI]: 499n }, more: more.slice(0, 1) })).of).toEqual([DAI]);
  });

  it.each<[string, Spoil]>([
    ['coin that came without a log', { there: 1n, of: ['coin'] }],
    ['dust beyond the payments that are kept', { there: 1n, order: { flags: ['many_payments'] } }],
    ['as much dust for an order that is given back', { there: 1n, order: { status: 'refunding' }, more: MANY }],
    ['money that no endpoint told of at its deadline', { there: 1n, order: { flags: ['balance_unknown'] } }],
  ])('may be more than payments tell of, by %s, and never less', async (_what, spoil) => {
    expect((await swept(spoil)).of).toEqual([]);
    const { of } = await swept({ ...spoil, payment: { amount: '1000002' }, more: [...(spoil.more ?? []), AS_COIN] });
    expect(of.toSorted()).toEqual([DEPOSIT_TOKEN.toLowerCase(), 'coin'].toSorted());
  });

  it('is not asked about while its sweep is open, or on another chain', async () => {
    const { rows, desk } = await swept();
    expect(assetsToAsk(rows.sweeps, rows, 1)).toEqual([]);
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.run();
    const open = noRows();
    addRow(open, { ...desk.sweepRow(), status: 'open' });
    expect(assetsToAsk(open.sweeps, open, TEST_CHAIN.chain_id)).toEqual([]);
  });

  it.each([undefined, {}, { sk: 'TX' }, { gas_used: 'much' }])(
    'is told by no row that is no transaction: %j',
    (row) => {
      expect(minedFacts(row)).toBeUndefined();
    },
  );
});
