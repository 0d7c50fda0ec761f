import type { Stage } from './stage.ts';

/** The environment of a function that has circuit breakers. */
export function breakerSettings({ breaker }: Stage): Readonly<Record<string, string>> {
  return {
    BREAKER_FAILURES: String(breaker.failures),
    BREAKER_SUCCESSES: String(breaker.successes),
    BREAKER_OPEN_SECONDS: String(breaker.open_seconds),
  };
}
