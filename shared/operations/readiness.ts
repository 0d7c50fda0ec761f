import type { Clock } from '#shared/platform/clock.ts';

/** One thing the API depends on, and how to see that it answers. */
export interface Dependency {
  readonly name: string;
  /** Rejects when it doesn't answer. */
  readonly probe: () => Promise<unknown>;
}

/** Whether all dependencies answer. */
export interface Readiness {
  readonly status: 'ready' | 'degraded';
  readonly dependencies: { readonly name: string; readonly state: 'ok' | 'failed'; readonly latency_ms: number }[];
}

/** Probes all dependencies at once. Why one failed is for the log, not for whoever asks. */
export async function checkReadiness(
  dependencies: readonly Dependency[],
  clock: Clock,
  onFailure: (name: string, error: unknown) => void,
): Promise<Readiness> {
  const probed = await Promise.all(
    dependencies.map(async ({ name, probe }) => {
      const started = clock();
      const state = await probe().then(
        () => 'ok' as const,
        (error: unknown) => {
          onFailure(name, error);
          return 'failed' as const;
        },
      );
      return { name, state, latency_ms: Math.max(0, Math.round(clock() - started)) };
    }),
  );
  const status = probed.every(({ state }) => state === 'ok') ? 'ready' : 'degraded';
  return { status, dependencies: probed };
}
