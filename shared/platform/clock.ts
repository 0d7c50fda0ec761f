/** Reads the wall clock: milliseconds since the Unix epoch. Injected, so that rules about time are tested without waiting. */
export type Clock = () => number;

/** The clock of the machine Haven runs on. */
export const systemClock: Clock = () => Date.now();

/**
 * The wire and storage form of an instant: ISO 8601 in UTC with milliseconds.
 *
 * @param epochMs milliseconds since the Unix epoch
 */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
