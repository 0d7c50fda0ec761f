/** Counts events and lets a test await a number of them, without polling. */
export interface Countdown {
  /** Counts one event. */
  count(): void;
  /** Resolves when that many events have been counted in all. */
  reached(wanted: number): Promise<void>;
}

/** Makes a counter that starts at nothing. */
export function createCountdown(): Countdown {
  let counted = 0;
  let waiting: { readonly wanted: number; readonly resolve: () => void }[] = [];
  return {
    count() {
      counted += 1;
      for (const { wanted, resolve } of waiting) if (wanted <= counted) resolve();
      waiting = waiting.filter(({ wanted }) => wanted > counted);
    },
    reached: (wanted) =>
      new Promise((resolve) => {
        if (wanted <= counted) resolve();
        else waiting.push({ wanted, resolve });
      }),
  };
}
