/**
 * The generic cell rate algorithm (ITU-T I.371; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): one
 * number per key, the theoretical arrival time (TAT), says everything. Pure; the store keeps the number. Counted in
 * whole microseconds: with fractions, rounding would cost the last request of a burst.
 */

/** A quota: so many requests per window, all of which may come at once after a rest. */
export interface RatePolicy {
  /** Names the policy in the RateLimit-Policy header. */
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What a check found. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that could come at once now. */
  readonly remaining: number;
  /** Milliseconds until the whole quota is there again. */
  readonly resetMs: number;
  /** Milliseconds until one request is allowed again; 0 when one is allowed now. */
  readonly retryAfterMs: number;
}

const US_PER_MS = 1_000;

/** Microseconds that one request takes from the quota. */
export function emissionIntervalUs(policy: RatePolicy): number {
  return Math.floor((policy.windowMs * US_PER_MS) / policy.limit);
}

/** A time as TATs are counted: microseconds since the Unix epoch. */
export function toUs(timeMs: number): number {
  return Math.round(timeMs) * US_PER_MS;
}

/**
 * The latest TAT at which a request may still come.
 *
 * @param nowUs the time of the request
 */
export function latestAllowedTatUs(policy: RatePolicy, nowUs: number): number {
  return nowUs + emissionIntervalUs(policy) * (policy.limit - 1);
}

/** What an allowed request leaves, given the TAT after it. */
export function allowedDecision(policy: RatePolicy, nowUs: number, tatAfterUs: number): RateDecision {
  const intervalUs = emissionIntervalUs(policy);
  return {
    allowed: true,
    remaining: Math.max(0, Math.floor((nowUs + intervalUs * policy.limit - tatAfterUs) / intervalUs)),
    resetMs: Math.max(0, Math.ceil((tatAfterUs - nowUs) / US_PER_MS)),
    retryAfterMs: 0,
  };
}

/** What a refused request is told, given the TAT that stands. */
export function refusedDecision(policy: RatePolicy, nowUs: number, tatUs: number): RateDecision {
  return {
    allowed: false,
    remaining: 0,
    resetMs: Math.max(0, Math.ceil((tatUs - nowUs) / US_PER_MS)),
    retryAfterMs: Math.max(0, Math.ceil((tatUs - latestAllowedTatUs(policy, nowUs)) / US_PER_MS)),
  };
}
