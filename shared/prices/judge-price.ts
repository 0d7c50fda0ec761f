import type { BlockHead } from '#shared/platform/chain/chain-client.ts';
import { isFromFuture } from '#shared/platform/chain/head-time.ts';
import type { ChainlinkFeedConfig } from '#shared/platform/chain/price-feed-config.ts';
import { type Decimal, decimalText, parseDecimal, sameScale } from '#shared/platform/money/decimal.ts';
import type { FeedAnswer, FeedReading, Round } from './feed-reading.ts';
import type { PriceFault, QuotedPrice } from './price.ts';

/** By what a reading is judged. */
export type PriceRules = Pick<
  ChainlinkFeedConfig,
  'heartbeat_seconds' | 'heartbeat_margin_seconds' | 'min_price' | 'max_price' | 'reference' | 'sequencer'
>;

/** Whether a price may be used. */
export type Verdict =
  | { readonly usable: true; readonly price: QuotedPrice }
  | {
      readonly usable: false;
      readonly fault: PriceFault;
      /** In a few words, which end a sentence. */
      readonly detail: string;
      /** What the feed says all the same, where it says something. */
      readonly price: QuotedPrice | undefined;
    };

/** A fault and what it is made of. */
interface Fault {
  readonly fault: PriceFault;
  readonly detail: string;
}

/**
 * A head that is older than this, or than so many blocks, tells no time: its chain or its endpoint stands still, and by its
 * time every price stays fresh for ever. Public chains have minutes between two blocks at the very worst.
 */
const MAX_HEAD_AGE_MS = 5 * 60_000;
const MAX_HEAD_AGE_BLOCKS = 20;

/** What a feed may answer as its decimals; Chainlink's have 8 or 18, and a price with more is a contract of another kind. */
const MAX_DECIMALS = 36;

const BPS = 10_000n;

/** A contract may say numbers of 78 digits. */
const MAX_DETAIL_CHARS = 90;

/** https://tc39.es/ecma262/#sec-time-values-and-time-range */
const LAST_INSTANT_SECONDS = 8_640_000_000_000n;

/**
 * Judges what a feed said. Pure. The first thing that is wrong is named, in this order:
 *
 * - `chain_time`: the block it was read at is too old, or from the future. Everything else is by that block's time, as a contract would
 *   judge it, because two clocks that differ would make a good price stale; so that time has to be one.
 * - `sequencer_…`: a rollup's sequencer is down, came back less than the grace period ago, or it isn't known. What a feed says then
 *   is what was true before, and nobody could have updated it (https://docs.chain.link/data-feeds/l2-sequencer-feeds).
 * - `no_answer`: nothing at the address answers like a feed.
 * - `incomplete`: the round has no time, or its answer was carried over from an earlier round. Chainlink deprecates `answeredInRound`, because
 *   today's aggregators make it equal to the round; older ones and other providers' may not.
 * - `not_positive`: an `int256` may be zero or negative, a price of an asset may not.
 * - `future`, `stale`: updated after the block it was read at, or longer ago than the heartbeat and a margin. Chainlink's own advice is
 *   to stop when an answer is older than the heartbeat (https://docs.chain.link/data-feeds#check-the-timestamp-of-the-latest-answer).
 * - `out_of_bounds`: outside of the operator's own bounds. Some aggregators have a lowest and a highest answer of their own, and
 *   stop at them when the market goes on: so Venus took LUNA at $0.107 while it was at $0.01, in May 2022. Fresh, positive and wrong; bounds
 *   that are narrower than the aggregator's are what notices.
 * - `reference_unusable`, `deviating`: a second feed, of another provider, isn't usable itself, or is too far from the first.
 *
 * A second feed rather than the answer before: that would have to be stored by every process that asks, or be looked up as the round
 * before, whose number means nothing after an aggregator was replaced (Liquity did so, with 50 % as the limit). And either can't
 * tell a market that moved from a feed that broke, where two providers can.
 *
 * @param nowMs our clock, milliseconds since the Unix epoch
 * @param blockTimeMs the chain's usual time between blocks
 */
export function judgePrice(reading: FeedReading, rules: PriceRules, nowMs: number, blockTimeMs: number): Verdict {
  const { head, feed } = reading;
  const price = feed.ok ? quoted(feed, head) : undefined;
  const fault =
    chainTimeFault(head, nowMs, blockTimeMs) ??
    sequencerFault(reading.sequencer, rules.sequencer, head) ??
    answerFault(feed, rules.heartbeat_seconds + rules.heartbeat_margin_seconds, head) ??
    boundsFault(feed, rules) ??
    referenceFault(feed, reading.reference, rules, head);
  if (fault !== undefined) {
    return { usable: false, fault: fault.fault, detail: fault.detail.slice(0, MAX_DETAIL_CHARS), price };
  }
  // Without an answer there is a fault.
  if (price === undefined) return { usable: false, fault: 'no_answer', detail: 'it says nothing', price };
  return { usable: true, price };
}

function quoted({ decimals, round }: Extract<FeedAnswer, { ok: true }>, head: BlockHead): QuotedPrice {
  return {
    units: round.answer,
    decimals,
    updatedAtSeconds: isInstant(round.updatedAtSeconds) ? Number(round.updatedAtSeconds) : null,
    blockNumber: head.number,
    readAtSeconds: head.timestampSeconds,
  };
}

/** Whether a contract's uint256 is a time: zero means never, and what is beyond ECMAScript's last instant means nothing. */
function isInstant(seconds: bigint): boolean {
  return seconds > 0n && seconds <= LAST_INSTANT_SECONDS;
}

function chainTimeFault(head: BlockHead, nowMs: number, blockTimeMs: number): Fault | undefined {
  if (isFromFuture(head, nowMs)) return { fault: 'chain_time', detail: `block ${head.number} is from the future` };
  const ageMs = nowMs - head.timestampSeconds * 1_000;
  if (ageMs <= Math.max(MAX_HEAD_AGE_MS, MAX_HEAD_AGE_BLOCKS * blockTimeMs)) return undefined;
  return { fault: 'chain_time', detail: `the newest block, ${head.number}, is ${Math.floor(ageMs / 1_000)} s old` };
}

/** The feed's answer is 0 while the sequencer is up; its round started when that changed last, and has no time before it ever did. */
function sequencerFault(
  answer: FeedReading['sequencer'],
  rules: PriceRules['sequencer'],
  head: BlockHead,
): Fault | undefined {
  if (rules === undefined) return undefined;
  if (answer?.ok !== true) {
    return { fault: 'sequencer_unknown', detail: `the sequencer feed ${answer?.why ?? 'was not asked'}` };
  }
  const { answer: status, startedAtSeconds } = answer.round;
  if (status !== 0n) return { fault: 'sequencer_down', detail: 'the sequencer is down' };
  if (startedAtSeconds === 0n)
    return { fault: 'sequencer_unknown', detail: 'the sequencer feed does not say since when' };
  const upSeconds = BigInt(head.timestampSeconds) - startedAtSeconds;
  if (upSeconds > BigInt(rules.grace_seconds)) return undefined;
  return {
    fault: 'sequencer_grace',
    detail: `the sequencer is up again for ${upSeconds} s, prices are taken after ${rules.grace_seconds} s`,
  };
}

function answerFault(feed: FeedAnswer, maxAgeSeconds: number, head: BlockHead): Fault | undefined {
  if (!feed.ok) return { fault: 'no_answer', detail: `the feed ${feed.why}` };
  const { decimals, round } = feed;
  if (decimals > MAX_DECIMALS) return { fault: 'no_answer', detail: `the feed has ${decimals} decimals` };
  return roundFault(round, maxAgeSeconds, head);
}

function roundFault(round: Round, maxAgeSeconds: number, head: BlockHead): Fault | undefined {
  if (round.updatedAtSeconds === 0n) return { fault: 'incomplete', detail: 'the round is not complete' };
  if (round.answeredInRound < round.roundId)
    return { fault: 'incomplete', detail: 'the answer is of an earlier round' };
  if (round.answer <= 0n) return { fault: 'not_positive', detail: `the answer is ${round.answer}` };
  const ageSeconds = BigInt(head.timestampSeconds) - round.updatedAtSeconds;
  if (ageSeconds < 0n) return { fault: 'future', detail: `the answer is ${-ageSeconds} s ahead of its block` };
  if (ageSeconds <= BigInt(maxAgeSeconds)) return undefined;
  return { fault: 'stale', detail: `the answer is ${ageSeconds} s old, ${maxAgeSeconds} s are allowed` };
}

function boundsFault(feed: FeedAnswer, { min_price, max_price }: PriceRules): Fault | undefined {
  if (!feed.ok) return undefined;
  const price = priceOf(feed);
  const isOut =
    (min_price !== undefined && isLess(price, parseDecimal(min_price))) ||
    (max_price !== undefined && isLess(parseDecimal(max_price), price));
  if (!isOut) return undefined;
  return {
    fault: 'out_of_bounds',
    detail: `${decimalText(price)} is not between ${min_price ?? '0'} and ${max_price ?? 'any'}`,
  };
}

function referenceFault(
  feed: FeedAnswer,
  reference: FeedReading['reference'],
  { reference: rules, heartbeat_margin_seconds }: PriceRules,
  head: BlockHead,
): Fault | undefined {
  if (rules === undefined || !feed.ok) return undefined;
  if (reference === undefined) return { fault: 'reference_unusable', detail: 'the reference was not asked' };
  const fault = answerFault(reference, rules.heartbeat_seconds + heartbeat_margin_seconds, head);
  if (fault !== undefined || !reference.ok) {
    return { fault: 'reference_unusable', detail: `the reference: ${fault?.detail ?? 'it says nothing'}` };
  }
  const [own, other] = sameScale(priceOf(feed), priceOf(reference));
  const [low, high] = own < other ? [own, other] : [other, own];
  if ((high - low) * BPS <= low * BigInt(rules.max_deviation_bps)) return undefined;
  const bps = ((high - low) * BPS) / low;
  return { fault: 'deviating', detail: `${bps} bps from the reference, ${rules.max_deviation_bps} are allowed` };
}

function priceOf({ decimals, round }: Extract<FeedAnswer, { ok: true }>): Decimal {
  return { units: round.answer, decimals };
}

function isLess(a: Decimal, b: Decimal): boolean {
  const [x, y] = sameScale(a, b);
  return x < y;
}
