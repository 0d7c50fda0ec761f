import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { type Speed, speedSchema, type Transaction } from '../transaction.ts';
import type { QuoteFor } from './fee-quotes.ts';
import type { FeeQuote } from './fees.ts';
import { REPLACE_AFTER_BLOCKS } from './replacement.ts';

/** From the slowest to the fastest. */
const SPEEDS: readonly Speed[] = speedSchema.options;

/**
 * The speeds at which a queued transaction is worth being quoted, the fastest first and its own last. What is held for
 * fees gains a speed each time that it has waited for as long as a signed one of its speed is given in a block: when fees
 * fall, many want into the next blocks, and who has waited longest should not be outbid by who has just come. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function speedsByAge(
  { speed, waiting_for, created_at }: Pick<Transaction, 'speed' | 'waiting_for' | 'created_at'>,
  { block_time_ms }: Pick<ChainConfig, 'block_time_ms'>,
  nowMs: number,
): readonly Speed[] {
  const own = SPEEDS.indexOf(speed);
  const patienceMs = REPLACE_AFTER_BLOCKS[speed] * block_time_ms;
  const steps = waiting_for === 'fees' ? Math.max(0, Math.floor((nowMs - Date.parse(created_at)) / patienceMs)) : 0;
  return SPEEDS.slice(own, own + steps + 1).toReversed();
}

/**
 * The quote of the first of some speeds that is below the cap: a faster one asks more, and must not hold up longer what
 * a slower one would let go.
 *
 * @param speeds the one to be tried first first; not empty
 * @param capWei the most that may ever be offered per gas
 */
export function quoteFirst(quoteFor: QuoteFor, speeds: readonly Speed[], capWei: bigint): FeeQuote {
  const quotes = speeds.map((speed) => quoteFor(speed, capWei));
  const quote = quotes.find(({ ok }) => ok) ?? quotes.at(-1);
  if (quote === undefined) throw new Error('A quote is of at least one speed');
  return quote;
}
