/**
 * How well an endpoint has done lately, as this process saw it. Pure. What was seen fades: an endpoint that isn't asked
 * any more looks better again with time, so that it gets another chance.
 */
export interface EndpointHealth {
  /** Share of its latest calls that failed, 0 to 1; each counts as much as all before it together with its weight. */
  readonly failureRate: number;
  readonly latencyMs: number;
  /** When it was last asked, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** An endpoint of which nothing is known is taken to be well. */
export const UNKNOWN_HEALTH: EndpointHealth = { failureRate: 0, latencyMs: 0, atMs: 0 };

/** What the latest call weighs against those before: two failures in a row halve the score, one doesn't. */
const LATEST_WEIGHT = 0.3;
/** What was seen this long ago counts half. */
const HALF_LIFE_MS = 30_000;
/** An endpoint that takes this long is half as good as one that answers at once. */
const SLOW_MS = 1_000;

/** The health after an answer. */
export function afterAnswer(health: EndpointHealth, latencyMs: number, nowMs: number): EndpointHealth {
  const { failureRate, latencyMs: before } = faded(health, nowMs);
  return {
    failureRate: failureRate * (1 - LATEST_WEIGHT),
    latencyMs: before + (latencyMs - before) * LATEST_WEIGHT,
    atMs: nowMs,
  };
}

/** The health after a call that was not, or not usably, answered. */
export function afterFailure(health: EndpointHealth, nowMs: number): EndpointHealth {
  const { failureRate, latencyMs } = faded(health, nowMs);
  return { failureRate: failureRate + (1 - failureRate) * LATEST_WEIGHT, latencyMs, atMs: nowMs };
}

/** How good an endpoint is now: 1 is as good as it can be, and it is always above 0. */
export function scoreOf(health: EndpointHealth, nowMs: number): number {
  const { failureRate, latencyMs } = faded(health, nowMs);
  return Math.max(MIN_SCORE, 1 - failureRate) / (1 + latencyMs / SLOW_MS);
}

const MIN_SCORE = 0.01;

function faded(health: EndpointHealth, nowMs: number): EndpointHealth {
  const factor = 0.5 ** (Math.max(0, nowMs - health.atMs) / HALF_LIFE_MS);
  return { failureRate: health.failureRate * factor, latencyMs: health.latencyMs * factor, atMs: nowMs };
}

/**
 * The head that an endpoint is measured by. Of three and more the second best: so one that lies about a height nobody
 * has can't make all others look late. Of two the better, because which one is right can't be told.
 *
 * @param heads the latest block numbers of the endpoints that said one
 * @returns undefined when none did
 */
export function referenceHead(heads: readonly number[]): number | undefined {
  const sorted = [...heads].sort((a, b) => b - a);
  return sorted.length >= 3 ? sorted[1] : sorted[0];
}

/** A block number that an endpoint said was the latest. Times in milliseconds since the Unix epoch. */
export interface SaidHead {
  readonly number: number;
  /** The block's own time. */
  readonly minedAtMs: number;
  /** When it was said. */
  readonly atMs: number;
}

/** Clocks and answers differ by so much without anything being wrong. */
const STILL_AFTER_MS = 15_000;

/**
 * The heads of those that go on, or all when none does: an endpoint that stands still says nothing of how far the others may be,
 * and a chain that does says it of none.
 *
 * @param maxLagMs how long an endpoint that goes on may be behind
 */
export function movingHeads<H extends SaidHead>(heads: readonly H[], maxLagMs: number): readonly H[] {
  const moving = heads.filter(({ atMs, minedAtMs }) => atMs - minedAtMs <= Math.max(STILL_AFTER_MS, maxLagMs));
  return moving.length === 0 ? heads : moving;
}

/**
 * How many blocks a head is further than any other endpoint's explains, the blocks counted that may have come since that
 * one was asked. A number far ahead is as easily said as a plausible time; with fewer than two others it can't be told
 * who is right.
 *
 * @returns undefined when there are fewer than two others; 0 or less: it is explained
 */
export function blocksAhead(head: SaidHead, others: readonly SaidHead[], blockTimeMs: number): number | undefined {
  if (others.length < 2) return undefined;
  const reached = others.map(({ number, atMs }) => number + Math.ceil(Math.max(0, head.atMs - atMs) / blockTimeMs));
  return head.number - Math.max(...reached);
}
