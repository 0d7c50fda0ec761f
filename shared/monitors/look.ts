import type { Deadline } from '#shared/platform/deadline.ts';
import type { Check, Findings } from './check.ts';
import type { Condition } from './condition.ts';

/** A look that did not end in time. */
export class LookTimedOut extends Error {
  constructor(check: string, limitMs: number) {
    super(`${check} did not get its facts within ${limitMs} ms`);
    this.name = 'LookTimedOut';
  }
}

/** Waits that many milliseconds unless it is called off. Injected, so that tests don't wait. */
export type Timer = (durationMs: number) => { readonly over: Promise<void>; readonly cancel: () => void };

/** The machine's timer. */
export const systemTimer: Timer = (durationMs) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, durationMs);
  return { over: promise, cancel: () => clearTimeout(handle) };
};

/**
 * Has a check look, for so long and no longer: one that hangs takes no time from others.
 *
 * @throws LookTimedOut; what the check throws
 */
export async function lookWithin(
  check: Check,
  limitMs: number,
  ask: { readonly nowMs: number; readonly open: readonly Condition[]; readonly deadline: Deadline },
  timer: Timer = systemTimer,
): Promise<Findings> {
  const limit = timer(limitMs);
  const timeOut = limit.over.then(() => {
    throw new LookTimedOut(check.name, limitMs);
  });
  try {
    return await Promise.race([check.look(ask.nowMs, ask.open, ask.deadline), timeOut]);
  } finally {
    limit.cancel();
  }
}
