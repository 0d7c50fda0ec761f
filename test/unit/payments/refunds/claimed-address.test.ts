import { describe, expect, it } from 'vitest';
import type { OnChainOrderPayment } from '#shared/orders/order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { CUSTOMER, createRefundDesk, OTHER_CUSTOMER } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

const COIN = { token_address: null, asset: 'ETH', decimals: 18 };
const CLAIMED = { to: undefined, claimed_address: OTHER_CUSTOMER };
const refused = (run: Promise<unknown>) => caughtLater(HavenError, () => run);

/** A desk with one order that was paid, whose customer has claimed an address. */
async function claimedDesk(payment: Partial<OnChainOrderPayment> = COIN) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid({}, [1_000_000], payment);
  await desk.claim(OTHER_CUSTOMER);
  return desk;
}

describe('coin to a claimed address', () => {
  it('has no more gas than an account without code needs, and a stipend', async () => {
    const desk = await claimedDesk();
    const { transaction_id } = await desk.refund(CLAIMED);
    expect(await desk.transaction(transaction_id)).toMatchObject({ to: OTHER_CUSTOMER, max_gas: '27500' });
    await expectRefundLaws(desk);
  });

  it('has as much more as a rollup takes for any transfer', async () => {
    const desk = await claimedDesk();
    desk.chain.plainGas = 400_000n;
    const { transaction_id } = await desk.refund(CLAIMED);
    expect(await desk.transaction(transaction_id)).toMatchObject({ max_gas: '482300' });
  });

  it('is refused where the address has code, and goes there when an operator names it', async () => {
    const desk = await claimedDesk();
    desk.chain.code.add(OTHER_CUSTOMER);
    const error = await refused(desk.refund(CLAIMED));
    expect(error).toMatchObject({ code: 'INVALID_ADDRESS', details: { fields: [{ field: 'body.claimed_address' }] } });
    expect((await desk.read()).refunds).toEqual([]);
    const { transaction_id } = await desk.refund({ to: OTHER_CUSTOMER });
    expect((await desk.transaction(transaction_id)).max_gas).toBeUndefined();
    await expectRefundLaws(desk);
  });
});

it('a token goes to a claimed contract as to any address: it calls nobody', async () => {
  const desk = await claimedDesk({});
  desk.chain.code.add(OTHER_CUSTOMER);
  const { transaction_id } = await desk.refund(CLAIMED);
  expect((await desk.transaction(transaction_id)).max_gas).toBeUndefined();
});

describe('which claim is meant', () => {
  it('is said by the operator: a claim that was changed since is not paid', async () => {
    const desk = await claimedDesk();
    await desk.claim(CUSTOMER);
    const error = await refused(desk.refund(CLAIMED));
    expect(error).toMatchObject({ code: 'INVALID_ADDRESS', details: { fields: [{ field: 'body.claimed_address' }] } });
    expect((await desk.read()).order).toMatchObject({ status: 'paid' });
    expect(await desk.refund({ to: undefined, claimed_address: CUSTOMER })).toMatchObject({ address_from: 'customer' });
  });

  it('can be none where nothing was claimed', async () => {
    const desk = createRefundDesk();
    desk.putProduct('TEE-M', [10]);
    await desk.putPaid();
    expect((await refused(desk.refund(CLAIMED))).code).toBe('INVALID_ADDRESS');
  });

  it.each([
    ['neither an address nor a claim', { to: undefined }],
    ['both', { to: CUSTOMER, claimed_address: OTHER_CUSTOMER }],
  ])('is unclear with %s', async (_what, wish) => {
    const desk = await claimedDesk();
    expect(await refused(desk.refund(wish))).toMatchObject({ code: 'INVALID_PARAMETER' });
  });
});
