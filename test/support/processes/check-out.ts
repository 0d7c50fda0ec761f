import * as z from 'zod';
import { HavenApiError } from '#shared/client/errors.ts';
import { createHavenClient } from '#shared/client/haven-client.ts';

/**
 * A process of its own with many buyers: each makes a cart, fills it, and checks it out at the same moment as all others. Prints what each
 * came to, as JSON: an order's id, or the code of the refusal.
 */
const { API_URL, API_KEY, CHAIN_ID, CARTS } = z
  .object({ API_URL: z.string(), API_KEY: z.string(), CHAIN_ID: z.coerce.number(), CARTS: z.string() })
  .parse(process.env);
/** The SKUs of each cart, in the order in which they are put into it; one piece of each. */
const carts = z.array(z.array(z.string()).min(1)).parse(JSON.parse(CARTS));

/** Each of about a quarter of a minute: a pool that is empty for longer is not refilled at all. */
const MAX_TRIES = 4;

const client = createHavenClient({ baseUrl: API_URL, apiKey: API_KEY, timeoutMs: 120_000 });

async function fill(skus: readonly string[]) {
  const { id, token } = await client.createCart();
  if (token === null) throw new Error('A new cart came without its token');
  let total = { amount: '0', currency: 'USD' };
  for (const sku of skus) {
    ({ total } = await client.setCartLine({ params: { id, sku }, token, body: { quantity: 1 } }));
  }
  return { id, token, total };
}

async function buy({ id, token, total }: Awaited<ReturnType<typeof fill>>): Promise<string> {
  const body = { chain_id: CHAIN_ID, asset: 'ETH', email: 'buyer@example.com', expected_total: total };
  for (let tries = 1; ; tries += 1) {
    try {
      return (await client.checkOut({ params: { id }, token, body })).id;
    } catch (error) {
      if (!(error instanceof HavenApiError)) throw error;
      // The client has waited as it was told: others may have emptied the pool.
      if (error.code === 'DEPOSIT_POOL_EMPTY' && tries < MAX_TRIES) continue;
      return error.code ?? String(error.status);
    }
  }
}

const filled = await Promise.all(carts.map(fill));
const outcomes = await Promise.all(filled.map(buy));
process.stdout.write(JSON.stringify(outcomes));
