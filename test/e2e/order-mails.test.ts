import { randomUUID } from 'node:crypto';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { capturedMails } from '#test/support/captured-mails.ts';
import { callAsScheduled, clientWith, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { createPayer, type Payer } from '#test/support/payer.ts';

/** Of this run only: other tests have products and customers of their own. */
const RUN = randomUUID().slice(0, 8);
const SKU = `MAILS-${RUN}`;
const PRODUCT = 'T-shirt <b>"Tea" & Tees</b>';
/** Confirmations take some seconds, and the schedule alone a minute. */
const SEEN_MS = 90_000;

let haven: LocalHaven;
let storefront: HavenClient;
let publishableKey: string;
let payer: Payer;
beforeAll(async () => {
  haven = localHaven();
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku: SKU, name: PRODUCT, price, stock: 100, max_per_order: 10 } });
  const issued = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  publishableKey = issued.key ?? '';
  storefront = clientWith(haven.info, publishableKey);
  payer = await createPayer(haven.info.rpcUrl);
  await callAsScheduled(haven, 'deposit-pool');
});
afterAll(() => payer.close());

/** Orders two pieces. */
async function placed(email: string | null, locale?: string) {
  const cart = await storefront.createCart();
  const token = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await storefront.setCartLine({ params: { ...params, sku: SKU }, token, body: { quantity: 2 } });
  const wish = { chain_id: haven.info.chainId, asset: 'ETH', email, expected_total: total };
  const body = locale === undefined ? wish : { ...wish, locale };
  const order = await storefront.checkOut({ params, token, body });
  const address = order.payment.address ?? '';
  return {
    id: order.id,
    token: order.token ?? '',
    cartToken: token,
    address,
    due: BigInt(order.payment.amount_due),
    locale: order.locale,
  };
}

const mailsTo = async (email: string) => (await capturedMails(haven)).filter(({ To }) => To.includes(email));

/** Waits for so many mails to a customer; meanwhile has the chain read, as a customer does who has just paid. */
function arrive(email: string, count: number, order?: { readonly id: string; readonly token: string }) {
  return eventually(
    `mail ${count} to ${email}`,
    async () => {
      if (order !== undefined) await storefront.checkPayment({ params: { id: order.id }, token: order.token });
      const mails = await mailsTo(email);
      return mails.length >= count ? mails : undefined;
    },
    SEEN_MS,
    1_000,
  );
}

describe('the customer of an order on the deployed stack', () => {
  it('is mailed what to pay, what is missing, that it came, and that it went back; in their language, without a secret', {
    timeout: 400_000,
  }, async () => {
    const email = `ada-${RUN}@example.com`;
    const order = await placed(email, 'de-AT');
    expect(order.locale).toBe('de-AT');
    const [asked] = await arrive(email, 1);
    expect(asked).toMatchObject({
      Source: expect.stringContaining('shop@haven.example'),
      To: [email],
      Subject: `Haven Shop: Bitte bezahlen Sie Ihre Bestellung ${order.id}`,
    });
    for (const fact of [order.address, 'Anvil', `value=${order.due}`, PRODUCT]) expect(asked?.BodyText).toContain(fact);
    expect(asked?.BodyHtml).toContain('&lt;b&gt;&quot;Tea&quot; &amp; Tees&lt;/b&gt;');
    expect(asked?.BodyHtml).toContain(`https://shop.haven.example/orders/${order.id}`);

    await payer.send({ to: order.address, valueWei: order.due / 4n });
    const rest = order.due - order.due / 4n;
    expect((await arrive(email, 2, order))[1]).toMatchObject({
      Subject: `Haven Shop: Ein Teil Ihrer Zahlung für die Bestellung ${order.id} fehlt`,
      BodyText: expect.stringContaining(`value=${rest}`),
    });

    await payer.send({ to: order.address, valueWei: rest });
    expect((await arrive(email, 3, order))[2]?.Subject).toBe(
      `Haven Shop: Wir haben Ihre Zahlung für die Bestellung ${order.id} erhalten`,
    );

    const to = Wallet.createRandom().address;
    const params = { id: order.id };
    await haven.client.refundOrder({ params, body: { kind: 'order', to, reason: 'the customer asked' } });
    const all = await arrive(email, 4);
    expect(all[3]).toMatchObject({
      Subject: `Haven Shop: Das Geld für Ihre Bestellung ${order.id} wurde zurückgesandt`,
      BodyText: expect.stringContaining(to),
    });
    // Nothing twice, though the schedule has run meanwhile.
    await callAsScheduled(haven, 'customer-mailer');
    expect(await mailsTo(email)).toHaveLength(4);
    const everything = JSON.stringify(all);
    for (const secret of [order.token, order.cartToken, publishableKey, haven.info.adminApiKey])
      expect(everything).not.toContain(secret);
  });

  it('is not mailed without an address, and hears of a cancellation only once the order is cancelled', async () => {
    const nobody = await placed(null);
    const email = `grace-${RUN}@example.com`;
    const order = await placed(email);
    await arrive(email, 1);
    await storefront.cancelOwnOrder({ params: { id: order.id }, token: order.token });
    const mails = await arrive(email, 2);
    expect(mails.map(({ Subject }) => Subject)).toEqual([
      `Haven Shop: please pay for your order ${order.id}`,
      `Haven Shop: your order ${order.id} is cancelled`,
    ]);
    const about = (await capturedMails(haven)).filter(({ BodyText }) => BodyText.includes(nobody.id));
    expect(about).toEqual([]);
  });
});
