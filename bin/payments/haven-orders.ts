import { randomUUID } from 'node:crypto';
import type { HavenClient } from '#shared/client/haven-client.ts';
import type { OpenOrder } from './cases.ts';

/** Pieces that the simulated product has: more than there are cases. */
const STOCK = 1_000;

/**
 * Makes orders through a processor by the API, of a product that it makes for them.
 *
 * @param client with the scopes catalog:write, carts:write, orders:read and orders:write
 */
export function orderMaker(
  client: HavenClient,
  { processor, asset }: { readonly processor: string; readonly asset: string },
) {
  const skus = new Map<number, Promise<string>>();

  async function newProduct(minutes: number): Promise<string> {
    const sku = `SIMULATED-${randomUUID().slice(0, 8).toUpperCase()}`;
    const price = { amount: '2500', currency: 'USD' };
    await client.createProduct({
      body: { sku, name: 'Simulated payment', price, stock: STOCK, invoice_minutes: minutes },
    });
    return sku;
  }

  return async (minutes: number): Promise<OpenOrder> => {
    const sku = skus.get(minutes) ?? newProduct(minutes);
    skus.set(minutes, sku);
    const { id, token } = await client.createCart();
    const cart = { params: { id }, token: token ?? '' };
    const { total } = await client.setCartLine({ ...cart, params: { id, sku: await sku }, body: { quantity: 1 } });
    const order = await client.checkOut({ ...cart, body: { processor, asset, expected_total: total } });
    const invoiceId = `sim-${randomUUID()}`;
    await client.bindProcessorInvoice({ params: { id: order.id }, body: { invoice_id: invoiceId } });
    const { amount_due, decimals } = order.payment;
    return { orderId: order.id, invoiceId, due: BigInt(amount_due), decimals, currency: order.payment.asset };
  };
}

/** An order's status, then its flags. */
export async function stateOf(client: HavenClient, id: string): Promise<string> {
  const { status, flags } = await client.getOrder({ params: { id } });
  return [status, ...flags].join(' ');
}
