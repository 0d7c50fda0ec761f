import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { InProcess } from '#test/support/in-process.ts';
import type { ReportTable } from '../bench.ts';
import { limitOnce } from '../lanes/operation-counts.ts';
import { number } from '../lanes/times-tables.ts';
import { median, percentile } from '../statistics.ts';
import { createShopInProcess } from './shop-in-process.ts';

/** A checkout with some of its guards left out. */
interface Variant {
  readonly name: string;
  readonly hasLimits: boolean;
  readonly hasAnswers: boolean;
}

/** What checkouts of a variant took. */
interface VariantTimes {
  readonly name: string;
  readonly checkouts: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

const VARIANTS: readonly Variant[] = [
  { name: 'Neither', hasLimits: false, hasAnswers: false },
  { name: 'Idempotency', hasLimits: false, hasAnswers: true },
  { name: 'Rate limits', hasLimits: true, hasAnswers: false },
  { name: 'Both, as it is', hasLimits: true, hasAnswers: true },
];

/** Rounds in which each variant has its turn, beginning with another one each time: machines drift. As many as a full pool has wallets for. */
export const OVERHEAD_ROUNDS = 25;

/** Keeps no answers: what a checkout is without. */
const NO_ANSWERS: IdempotencyStore = { record: () => undefined, replayIfAnswered: async () => undefined };

/**
 * Times checkouts one after another with and without rate limits and kept answers, in this process on deployed tables.
 *
 * @param sku on sale, with stock and deposit wallets for all rounds
 */
export async function timeOverhead(
  parts: InProcess,
  chainId: number,
  shopKey: string,
  sku: string,
): Promise<readonly VariantTimes[]> {
  const whole = createShopInProcess(parts, chainId, shopKey);
  const bare = createShopInProcess(parts, chainId, shopKey, NO_ANSWERS);
  const times = new Map(VARIANTS.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < OVERHEAD_ROUNDS; round += 1) {
    const turns = VARIANTS.map((_variant, index) => VARIANTS[(round + index) % VARIANTS.length]);
    for (const variant of turns) {
      if (variant === undefined) continue;
      const shop = variant.hasAnswers ? whole : bare;
      const cart = await whole.filledCart(sku);
      const beganMs = performance.now();
      if (variant.hasLimits) await limitOnce(parts, 'public');
      await shop.checkOut(cart);
      times.get(variant.name)?.push(performance.now() - beganMs);
    }
  }
  return [...times].map(([name, taken]) => ({
    name,
    checkouts: taken.length,
    medianMs: median(taken),
    p95Ms: percentile(taken, 95),
  }));
}

/** What the guards cost. */
export function overheadTable(variants: readonly VariantTimes[]): ReportTable {
  const bareMs = variants[0]?.medianMs ?? Number.NaN;
  return {
    title: 'What idempotency and rate limits add to a checkout',
    text: 'One line, one buyer, in the bench’s process on the local endpoint. An answer is one item more in the transaction and no call; the limit of the address is a call of its own, before anything is read. The target is less than 5 % for both.',
    columns: ['With', 'Checkouts', 'Median, ms', 'p95, ms', 'More than neither'],
    rows: variants.map(({ name, checkouts, medianMs, p95Ms }) => [
      name,
      String(checkouts),
      number(medianMs, 1),
      number(p95Ms, 1),
      `${number((medianMs / bareMs - 1) * 100, 0)} %`,
    ]),
  };
}
