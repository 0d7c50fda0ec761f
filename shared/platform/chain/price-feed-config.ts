import * as z from 'zod';
import { minorDigits } from '../money/currencies.ts';
import { POSITIVE_DECIMAL, parseDecimal, sameScale } from '../money/decimal.ts';

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, { error: 'must be 0x and 40 hex digits' });

const price = z.string().regex(POSITIVE_DECIMAL, {
  error: 'must be a decimal above zero as a string, such as "2500.5": up to 18 digits on either side, no exponent',
});

const pairShape = {
  asset: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.]{0,10}$/, { error: 'must be a symbol of 1 to 11 letters, digits or dots' })
    .describe('Symbol of what has the price, such as ETH.'),
  currency: z
    .string()
    .refine((code) => minorDigits(code) !== undefined, { error: 'must be a currency of ISO 4217, in upper case' })
    .describe('ISO 4217 code of the currency that the price is in.'),
};

/** The longest time between two updates that is of any use: Chainlink's slowest price feeds have a day. */
const MAX_HEARTBEAT_SECONDS = 30 * 24 * 60 * 60;

const heartbeat = z.number().int().min(1).max(MAX_HEARTBEAT_SECONDS);

/**
 * A price feed with the interface AggregatorV3 (https://docs.chain.link/data-feeds/api-reference#aggregatorv3interface), which other
 * providers' feeds have as well. One at least of a reference and bounds must be there: a feed that is fresh and wrong is what
 * nothing else notices.
 */
export const chainlinkFeedSchema = z
  .strictObject({
    kind: z.literal('chainlink').describe('`chainlink`: read from a contract with the interface AggregatorV3.'),
    ...pairShape,
    address: address.describe("The feed's proxy contract on this chain."),
    heartbeat_seconds: heartbeat.describe('The feed updates at least this often, as its provider says.'),
    heartbeat_margin_seconds: z
      .number()
      .int()
      .min(0)
      .max(86_400)
      .default(300)
      .describe('How much later an update may come: it is begun when the heartbeat is over, and has to be mined.'),
    min_price: price.optional().describe('A price below this is refused; with max_price.'),
    max_price: price.optional().describe('A price above this is refused; with min_price.'),
    reference: z
      .strictObject({
        address: address.describe("Another provider's feed of the same pair, on this chain."),
        heartbeat_seconds: heartbeat.describe('That one updates at least this often.'),
        max_deviation_bps: z
          .number()
          .int()
          .min(1)
          .max(5_000)
          .describe('How far the two may be apart, in hundredths of a percent of the lower one.'),
      })
      .optional()
      .describe('What the price is held against. While this feed is not usable, the price is not either.'),
    sequencer: z
      .strictObject({
        address: address.describe("The L2 sequencer uptime feed's proxy contract on this chain."),
        grace_seconds: z
          .number()
          .int()
          .min(0)
          .max(86_400)
          .default(3_600)
          .describe('For so long after the sequencer is up again no price is taken.'),
      })
      .optional()
      .describe('For rollups: no price is taken while the sequencer is down.'),
  })
  .refine(({ min_price, max_price }) => (min_price === undefined) === (max_price === undefined), {
    path: ['max_price'],
    error: 'must be there with min_price, and not without',
  })
  .refine(({ min_price, max_price }) => isBelow(min_price, max_price), {
    path: ['max_price'],
    error: 'must be above min_price',
  })
  .refine(({ min_price, reference }) => min_price !== undefined || reference !== undefined, {
    path: ['reference'],
    error: 'or min_price and max_price must be there: a feed that is fresh and wrong is what nothing else notices',
  })
  .refine(({ address: own, reference }) => own.toLowerCase() !== reference?.address.toLowerCase(), {
    path: ['reference', 'address'],
    error: 'must be another feed',
  });

/** A price that the operator sets. */
export const fixedFeedSchema = z.strictObject({
  kind: z.literal('fixed').describe('`fixed`: always the same.'),
  ...pairShape,
  price: price.describe('Of one whole unit of the asset, as a decimal string.'),
});

/** One source of a price. */
export const priceFeedSchema = z.discriminatedUnion('kind', [chainlinkFeedSchema, fixedFeedSchema]);

/** One source of a price. */
export type PriceFeedConfig = z.output<typeof priceFeedSchema>;

/** A feed that is read from the chain. */
export type ChainlinkFeedConfig = Extract<PriceFeedConfig, { kind: 'chainlink' }>;

/** All price feeds of a chain; a pair has one. Symbols that differ by case only would share a circuit. */
export const priceFeedListSchema = z
  .array(priceFeedSchema)
  .max(50)
  .refine((feeds) => new Set(feeds.map(pairKey)).size === feeds.length, {
    error: 'has the same asset and currency twice',
  });

/** Names a pair within a chain: `eth-usd`. */
export function pairKey({ asset, currency }: { readonly asset: string; readonly currency: string }): string {
  return `${asset}-${currency}`.toLowerCase();
}

function isBelow(low: string | undefined, high: string | undefined): boolean {
  if (low === undefined || high === undefined) return true;
  // Zod goes on to what was refused above.
  if (!POSITIVE_DECIMAL.test(low) || !POSITIVE_DECIMAL.test(high)) return true;
  const [a, b] = sameScale(parseDecimal(low), parseDecimal(high));
  return a < b;
}
