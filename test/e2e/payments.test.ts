import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import type { Payer } from '#test/support/payer.ts';
import { createPayingShop, type PayingShop, SEEN_MS } from '#test/support/paying-shop.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';

/** Of this run only: other tests have products of their own. */
const SKU = `PAYMENTS-${randomUUID().slice(0, 8)}`;

checkShopAfterAll(SKU);

let haven: LocalHaven;
let shop: PayingShop;
let storefront: HavenClient;
let payer: Payer;
let placed: PayingShop['placed'];
let becomes: PayingShop['becomes'];
let sendToken: PayingShop['sendToken'];
beforeAll(async () => {
  haven = localHaven();
  shop = await createPayingShop(haven, SKU);
  ({ storefront, payer, placed, becomes, sendToken } = shop);
});
afterAll(() => payer.close());

describe('a payment on the deployed stack', () => {
  it('pays its order: seen when the customer asks, and confirmed without waiting for the schedule', async () => {
    const order = await placed();
    const hash = await payer.send({ to: order.address, valueWei: order.due });
    expect(await becomes(order, { status: 'paid' })).toMatchObject({
      flags: [],
      payment: { amount_paid: order.amount_due },
    });
    const { data } = await storefront.listOrderPayments({ params: { id: order.id }, token: order.token });
    expect(data).toMatchObject([{ status: 'confirmed', amount: order.amount_due, id: `31337:${hash}:native` }]);
    const history = await haven.client.getOrderHistory({ params: { id: order.id } });
    expect(history.data.map(({ action }) => action)).toEqual(['order.created', 'order.confirming', 'order.paid']);
    expect(await haven.client.verifyAudit({ body: { order_id: order.id } })).toMatchObject({ verified: true });
  });

  it('comes in two parts, of which the first is told', async () => {
    const order = await placed('HAVEN');
    await sendToken(order.address, order.due / 2n);
    await eventually(
      'a part',
      async () => {
        await storefront.checkPayment({ params: { id: order.id }, token: order.token });
        const { flags } = await storefront.getOrder({ params: { id: order.id }, token: order.token });
        return flags.includes('partially_paid') ? flags : undefined;
      },
      SEEN_MS,
      2_000,
    );
    await sendToken(order.address, order.due - order.due / 2n);
    expect(await becomes(order, { status: 'paid' })).toMatchObject({ flags: [] });
  });

  it('pays two orders in one transaction', async () => {
    const [one, two] = [await placed('HAVEN'), await placed('HAVEN')];
    const payMany = await payer.deploy('PayMany');
    const approve = payer.data('HavenToken', 'approve', payMany, one.due + two.due);
    await payer.send({ to: haven.info.tokenAddress, data: approve });
    const amounts = [one.due, two.due];
    const data = payer.data('PayMany', 'payTokens', haven.info.tokenAddress, [one.address, two.address], amounts);
    await payer.send({ to: payMany, data });
    for (const order of [one, two]) await becomes(order, { status: 'paid' });
  });

  it('in something else than the order asks for is kept in sight, and counts for nothing', async () => {
    const order = await placed('HAVEN');
    await payer.send({ to: order.address, valueWei: 1n });
    const { id, token } = order;
    const found = await eventually(
      'the other asset',
      async () => {
        await storefront.checkPayment({ params: { id }, token });
        const shown = await storefront.getOrder({ params: { id }, token });
        return shown.flags.includes('other_asset') ? shown : undefined;
      },
      SEEN_MS,
      2_000,
    );
    expect(found).toMatchObject({ status: 'awaiting_payment', payment: { amount_paid: '0' } });
  });

  it('is looked for by nobody who lacks the token of the order', async () => {
    const { id } = await placed();
    const asked = storefront.checkPayment({ params: { id }, token: 'A'.repeat(43) });
    await expect(asked).rejects.toMatchObject({ status: 404 });
    expect(await haven.client.checkPayment({ params: { id } })).toMatchObject({ id, status: 'awaiting_payment' });
  });
});
