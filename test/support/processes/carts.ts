import { text } from 'node:stream/consumers';
import { setCartLine } from '#shared/checkout/change-cart.ts';
import { createCart } from '#shared/checkout/create-cart.ts';
import { sweepCarts } from '#shared/checkout/sweep-carts.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { cartParts, cartPlanSchema } from '#test/support/cart-processes.ts';
import { standAround } from '#test/support/crash/access-points.ts';
import { dyingAt } from '#test/support/crash/dying-at.ts';
import { inProcess } from '#test/support/in-process.ts';

/**
 * A process of its own that makes carts, all at once, each of which reserves a piece of every SKU, and prints what became of each wish:
 * `reserved`, or the code of its refusal. Or one that sweeps carts. It kills itself where its plan says, with a signal that nothing can catch.
 */
const plan = cartPlanSchema.parse(JSON.parse(await text(process.stdin)));
const parts = await inProcess({ info: plan.info }, { tables: plan.tables });
const { sweepInMs } = plan;
const carts = cartParts(parts, sweepInMs === undefined ? systemClock : () => systemClock() + sweepInMs);
const deadline = Deadline.in(60_000, carts.clock);

standAround(parts, [plan.info.rpcUrl], dyingAt(plan.kill));

if (sweepInMs !== undefined) {
  process.stdout.write(JSON.stringify(await sweepCarts(carts, deadline)));
} else {
  const outcomes = await Promise.all(Array.from({ length: plan.carts }, (_, nth) => fill(nth)));
  process.stdout.write(JSON.stringify(outcomes.flat()));
}

async function fill(nth: number): Promise<readonly string[]> {
  const context = { ...parts.context(), deadline };
  const { id, token } = await createCart(carts, context);
  if (token === null) throw new Error('A new cart came without its token');
  const capability = new Capability(token);
  // Overlapping SKUs in different orders: whoever locked them one after the other would wait for others for ever.
  const turned = plan.skus.map((_, at) => plan.skus[(at + nth) % plan.skus.length] ?? '');
  const outcomes: string[] = [];
  for (const sku of turned) {
    try {
      await setCartLine(carts, id, sku, { quantity: 1, reserve: true }, { ...context, capability });
      outcomes.push('reserved');
    } catch (error) {
      if (!(error instanceof HavenError)) throw error;
      outcomes.push(error.code);
    }
  }
  return outcomes;
}
