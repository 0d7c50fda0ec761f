import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { CheckoutDependencies } from '#shared/checkout/check-out.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { slotItem } from '#shared/custody/deposit-pool/pool-rows.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { newId } from '#shared/platform/ids.ts';
import { cartParts, cartPlanSchema } from './cart-processes.ts';
import type { InProcess } from './in-process.ts';
import { runPlanned } from './planned-process.ts';

/** What a process of buyers is told. */
export const checkoutPlanSchema = cartPlanSchema.pick({ info: true, tables: true }).extend({
  /** The SKUs of each cart, in the order in which they are put into it; one piece of each. */
  carts: z.array(z.array(z.string()).min(1)),
  /** Slots of the pool of deposit wallets. */
  slots: z.number().int(),
});

/** What a process of buyers is told. */
export type CheckoutPlan = z.output<typeof checkoutPlanSchema>;

/** Checkouts on a test's own tables, wired as the function wires them, but for the secret and the price. */
export function checkoutParts(parts: InProcess, slots: number): CheckoutDependencies {
  return {
    ...cartParts(parts, systemClock),
    tables: parts.tables,
    prices: {
      price: async (pair) => ({
        ...{ ...pair, units: 2_000n, decimals: 0, source: 'fixed' as const },
        ...{ updatedAtSeconds: null, blockNumber: null, readAtSeconds: null },
      }),
    },
    chains: parts.accept.chains,
    processors: new ProcessorRegistry([]),
    pool: createPoolReader(parts.client, parts.tables.ledger),
    poolSize: { target: slots, lowWater: 0 },
    poolKicker: { kick: async () => undefined },
    invoiceMinutes: 30,
    toleranceBps: 10,
  };
}

/** Puts so many deposit wallets into the pool. There are no keys behind them: nothing is ever paid to them. */
export async function putDepositWallets({ client, tables }: InProcess, slots: number): Promise<void> {
  for (let slot = 0; slot < slots; slot += 1) {
    const walletId = newId('wal');
    const address = `0x${String(slot + 1).padStart(40, '0')}`;
    const wallet = { status: 'active', paused: false, purpose: 'deposit', address, id: walletId };
    for (const Item of [slotItem({ slot, walletId, address }), { ...walletKey(walletId), ...wallet }]) {
      await client.send(new PutCommand({ TableName: tables.ledger, Item }));
    }
  }
}

/**
 * Runs a process of buyers to its end.
 *
 * @returns what each came to: an order's id, or the code of the refusal
 * @throws Error with what it said when it failed
 */
export async function runCheckoutProcess(plan: CheckoutPlan): Promise<readonly string[]> {
  return z.array(z.string()).parse(JSON.parse((await runPlanned('place-orders.ts', plan)) ?? ''));
}
