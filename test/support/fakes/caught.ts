/**
 * Runs what must throw and gives back what it threw.
 *
 * @param type what it must throw
 * @throws when nothing or something else was thrown
 */
export function caught<E extends Error>(type: abstract new (...args: never[]) => E, run: () => unknown): E {
  try {
    run();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error(`Expected ${type.name}, but nothing was thrown`);
}

/** As `caught`, for what throws later. */
export async function caughtLater<E extends Error>(
  type: abstract new (...args: never[]) => E,
  run: () => Promise<unknown>,
): Promise<E> {
  try {
    await run();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error(`Expected ${type.name}, but nothing was thrown`);
}
