import { text } from 'node:stream/consumers';
import { setCartLine } from '#shared/checkout/change-cart.ts';
import { checkOut } from '#shared/checkout/check-out.ts';
import { createCart } from '#shared/checkout/create-cart.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { cartParts } from '#test/support/cart-processes.ts';
import { checkoutParts, checkoutPlanSchema } from '#test/support/checkout-processes.ts';
import { inProcess } from '#test/support/in-process.ts';

/**
 * A process of its own with many buyers straight at the tables: each fills a cart, then all check out at once. Prints what each came to, as
 * JSON: an order's id, or the code of the refusal.
 */
const plan = checkoutPlanSchema.parse(JSON.parse(await text(process.stdin)));
const parts = await inProcess({ info: plan.info }, { tables: plan.tables });
const carts = cartParts(parts, systemClock);
const checkouts = checkoutParts(parts, plan.slots);
const [chain] = parts.accept.chains.all();
if (chain === undefined) throw new Error('The stage has no chain');
const { chain_id, native_asset: asset } = chain;

/** A request with a key and a deadline of its own. */
const context = () => ({ ...parts.context(), deadline: Deadline.in(45_000, systemClock) });

async function fill(skus: readonly string[]) {
  const { id, token } = await createCart(carts, context());
  if (token === null) throw new Error('A new cart came without its token');
  const shown = () => ({ ...context(), capability: new Capability(token) });
  let total = { amount: '0', currency: 'USD' };
  for (const sku of skus) {
    ({ total } = await setCartLine(carts, id, sku, { quantity: 1, reserve: undefined }, shown()));
  }
  return { id, shown, wish: { chain_id, asset, email: null, expected_total: total } };
}

async function buy({ id, shown, wish }: Awaited<ReturnType<typeof fill>>): Promise<string> {
  try {
    return (await checkOut(checkouts, id, wish, shown())).id;
  } catch (error) {
    if (error instanceof HavenError) return error.code;
    throw error;
  }
}

const filled = await Promise.all(plan.carts.map(fill));
process.stdout.write(JSON.stringify(await Promise.all(filled.map(buy))));
