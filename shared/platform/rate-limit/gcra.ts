/**
 * The generic cell rate algorithm (ITU-T I.371; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): one
 * number per key, the theoretical arrival time (TAT), says everything. Pure; the store keeps the number.
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

/** Milliseconds that one request takes from the quota. */
export function emissionIntervalMs(policy: RatePolicy): number {
  return policy.windowMs / policy.limit;
}

/**
 * The latest TAT at which a request may still come.
 *
 * @param nowMs the time of the request
 */
export function latestAllowedTat(policy: RatePolicy, nowMs: number): number {
  return nowMs + policy.windowMs - emissionIntervalMs(policy);
}

/** What an allowed request leaves, given the TAT after it. */
export function allowedDecision(policy: RatePolicy, nowMs: number, tatAfterMs: number): RateDecision {
  return {
    allowed: true,
    remaining: Math.max(0, Math.floor((nowMs + policy.windowMs - tatAfterMs) / emissionIntervalMs(policy))),
    resetMs: Math.max(0, tatAfterMs - nowMs),
    retryAfterMs: 0,
  };
}

/** What a refused request is told, given the TAT that stands. */
export function refusedDecision(policy: RatePolicy, nowMs: number, tatMs: number): RateDecision {
  return {
    allowed: false,
    remaining: 0,
    resetMs: Math.max(0, tatMs - nowMs),
    retryAfterMs: Math.max(0, tatMs - latestAllowedTat(policy, nowMs)),
  };
}
