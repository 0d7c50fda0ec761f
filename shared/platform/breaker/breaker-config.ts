import * as z from 'zod';
import type { BreakerPolicy } from './breaker-state.ts';

/** The settings of all breakers, with domain.md's names and defaults. */
export const breakerConfigShape = {
  BREAKER_FAILURES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(5)
    .describe('Failures in a row after which a circuit opens.'),
  BREAKER_SUCCESSES: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Successful probes after which a half-open circuit closes.'),
  BREAKER_OPEN_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(30)
    .describe('Seconds that a circuit stays open before it lets probes through.'),
};

const configSchema = z.object(breakerConfigShape);

/** As many probes at once as have to succeed: more would only be more calls that may fail. */
const PROBES_AT_ONCE = 2;
/** Longer than any call behind a breaker takes; webhooks have the longest time-out, 10 s. */
const PROBE_MS = 15_000;
/** Failures a minute apart are single faults, not an outage. */
const FAILURE_WINDOW_MS = 60_000;

/** Makes the policy from configuration. */
export function breakerPolicy(config: z.output<typeof configSchema>): BreakerPolicy {
  return {
    failures: config.BREAKER_FAILURES,
    successes: config.BREAKER_SUCCESSES,
    openMs: config.BREAKER_OPEN_SECONDS * 1_000,
    probes: PROBES_AT_ONCE,
    probeMs: PROBE_MS,
    failureWindowMs: FAILURE_WINDOW_MS,
  };
}

/** The policy of who says nothing. */
export const DEFAULT_POLICY = breakerPolicy(configSchema.parse({}));
