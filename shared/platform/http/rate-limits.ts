import * as z from 'zod';
import type { Principal } from '../auth/principal.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { RateDecision, RatePolicy } from '../rate-limit/gcra.ts';
import type { RateLimiter } from '../rate-limit/rate-limiter.ts';
import type { RateClass } from './route.ts';

const WINDOW_MS = 60_000;

/** A client that waits this long can count on being let in; shorter waits would round to 0. */
const MIN_RETRY_AFTER_SECONDS = 1;

const perMinute = (fallback: number, what: string) =>
  z.coerce.number().int().min(1).max(1_000_000).default(fallback).describe(`Requests per minute: ${what}.`);

/** The quotas of the rate classes, by principal and by address alike. */
export const rateLimitConfigShape = {
  RATE_LIMIT_PUBLIC_PER_MINUTE: perMinute(
    120,
    'routes without authentication, and those of storefronts, by address only',
  ),
  RATE_LIMIT_READ_PER_MINUTE: perMinute(1_200, 'routes that only read'),
  RATE_LIMIT_WRITE_PER_MINUTE: perMinute(600, 'routes that create or move something'),
  RATE_LIMIT_SENSITIVE_PER_MINUTE: perMinute(60, 'routes that handle keys and access'),
  RATE_LIMIT_WEBHOOK_PER_MINUTE: perMinute(10, 'webhooks of payment processors, by address only'),
};

const configSchema = z.object(rateLimitConfigShape);

/** The policy of each rate class. */
export type RatePolicies = Readonly<Record<RateClass, RatePolicy>>;

/** Makes the policies from configuration. */
export function ratePolicies(config: z.output<typeof configSchema>): RatePolicies {
  const policy = (name: RateClass, limit: number): RatePolicy => ({ name, limit, windowMs: WINDOW_MS });
  return {
    public: policy('public', config.RATE_LIMIT_PUBLIC_PER_MINUTE),
    read: policy('read', config.RATE_LIMIT_READ_PER_MINUTE),
    write: policy('write', config.RATE_LIMIT_WRITE_PER_MINUTE),
    sensitive: policy('sensitive', config.RATE_LIMIT_SENSITIVE_PER_MINUTE),
    webhook: policy('webhook', config.RATE_LIMIT_WEBHOOK_PER_MINUTE),
  };
}

/** The outcome of a request's checks. */
export interface RateOutcome {
  /** RateLimit headers (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). */
  readonly headers: Readonly<Record<string, string>>;
  /** Set when the request must be refused. */
  readonly refusal: HavenError | undefined;
}

/**
 * Checks a request against the quotas of its principal and of its address, both at once. When the limiter itself
 * fails, the request is let through and the failure is logged and counted: a limiter must not be an outage.
 */
export async function checkRateLimits(
  limiter: RateLimiter,
  policy: RatePolicy,
  principal: Principal | undefined,
  sourceAddress: string,
  log: Log,
  metrics: Metrics,
): Promise<RateOutcome> {
  const keys = [`RATE#${policy.name}#address#${sourceAddress}`];
  // A publishable key is in the browser of every customer: what one of them does is no reason to refuse the others.
  if (principal !== undefined && policy.name !== 'public') keys.push(`RATE#${policy.name}#principal#${principal.id}`);
  let decisions: RateDecision[];
  try {
    decisions = await Promise.all(keys.map((key) => limiter.check(key, policy)));
  } catch (error) {
    log.write('RATE_LIMITER_UNAVAILABLE', { error });
    metrics.count('RateLimiterUnavailable');
    return { headers: {}, refusal: undefined };
  }
  const tightest = decisions.reduce((a, b) => (b.retryAfterMs > a.retryAfterMs || b.remaining < a.remaining ? b : a));
  const headers = {
    'RateLimit-Policy': `"${policy.name}";q=${policy.limit};w=${policy.windowMs / 1000}`,
    RateLimit: `"${policy.name}";r=${tightest.remaining};t=${Math.ceil(tightest.resetMs / 1000)}`,
  };
  if (tightest.allowed) return { headers, refusal: undefined };
  metrics.count('RateLimited');
  return {
    headers,
    refusal: new HavenError('RATE_LIMITED', `More than ${policy.limit} ${policy.name} requests a minute`, {
      details: { policy: policy.name, limit: policy.limit, window_seconds: policy.windowMs / 1000 },
      retryAfterSeconds: Math.max(MIN_RETRY_AFTER_SECONDS, Math.ceil(tightest.retryAfterMs / 1000)),
    }),
  };
}
