import { devAccount } from '#local/anvil.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { callAsScheduled, clientWith, eventually, type LocalHaven } from './local-haven.ts';
import { createPayer, type Payer } from './payer.ts';

/** The schedule alone would take a minute, and confirmations some seconds besides. */
export const SEEN_MS = 90_000;
const OWNER = devAccount(0).address;
const TOKENS = 10n ** 24n;

/** An order that a customer has placed. */
export type Placed = Awaited<ReturnType<PayingShop['placed']>>;

/** A product of a test's own on the deployed stack, a storefront that sells it, and a customer who pays with a key of their own. */
export interface PayingShop {
  readonly storefront: HavenClient;
  readonly payer: Payer;
  /** Orders one piece. */
  placed(asset?: 'ETH' | 'HAVEN'): Promise<{
    readonly id: string;
    readonly token: string;
    readonly address: string;
    readonly amount_due: string;
    readonly due: bigint;
  }>;
  /** Has the chain read now, as a customer who has just paid does, and waits until the order is as it should be. */
  becomes(
    order: { readonly id: string; readonly token: string },
    wanted: object,
  ): Promise<Awaited<ReturnType<HavenClient['getOrder']>>>;
  sendToken(to: string, amount: bigint): Promise<string>;
}

/**
 * Opens a shop.
 *
 * @param sku of this test only
 */
export async function createPayingShop(haven: LocalHaven, sku: string): Promise<PayingShop> {
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku, name: 'T-shirt', price, stock: 100, max_per_order: 10 } });
  const issued = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  const storefront = clientWith(haven.info, issued.key ?? '');
  const payer = await createPayer(haven.info.rpcUrl);
  // The owner made the token, and an account of the local chain is open to everybody who can reach it.
  const mint = payer.data('HavenToken', 'mint', payer.address, TOKENS);
  await payer.ask('eth_sendTransaction', [{ from: OWNER, to: haven.info.tokenAddress, data: mint }]);
  await callAsScheduled(haven, 'deposit-pool');
  return {
    storefront,
    payer,
    async placed(asset = 'ETH') {
      const cart = await storefront.createCart();
      const token = cart.token ?? '';
      const params = { id: cart.id };
      const { total } = await storefront.setCartLine({ params: { ...params, sku }, token, body: { quantity: 1 } });
      const body = { chain_id: haven.info.chainId, asset, email: null, expected_total: total };
      const order = await storefront.checkOut({ params, token, body });
      const { address, amount_due } = order.payment;
      return { id: order.id, token: order.token ?? '', address: address ?? '', amount_due, due: BigInt(amount_due) };
    },
    async becomes({ id, token }, wanted) {
      await storefront.checkPayment({ params: { id }, token });
      return eventually(
        `${id} as ${JSON.stringify(wanted)}`,
        async () => {
          const order = await storefront.getOrder({ params: { id }, token });
          return Object.entries(wanted).every(([name, value]) => Reflect.get(order, name) === value)
            ? order
            : undefined;
        },
        SEEN_MS,
      );
    },
    sendToken: (to, amount) =>
      payer.send({ to: haven.info.tokenAddress, data: payer.data('HavenToken', 'transfer', to, amount) }),
  };
}
