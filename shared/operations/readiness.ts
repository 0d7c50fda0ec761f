import { cachedFor } from '#shared/platform/cached.ts';
import type { Clock } from '#shared/platform/clock.ts';

/** One thing the API depends on, and how to see that it answers. */
export interface Dependency {
  readonly name: string;
  /** Whether the API is of no use without it. */
  readonly needed: boolean;
  /** Rejects when it doesn't answer. */
  readonly probe: () => Promise<unknown>;
}

/** How a dependency stands: it answers; it answers slowly; it does not answer. */
export const DEPENDENCY_STATES = ['ok', 'degraded', 'down'] as const;

/** How a dependency stood when it was asked last. */
export interface DependencyStand {
  readonly name: string;
  readonly state: (typeof DEPENDENCY_STATES)[number];
  readonly latency_ms: number;
}

/** Whether all dependencies answer: `down` when one does not that is needed, `degraded` when anything else is not as it should be. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'down';
  readonly dependencies: DependencyStand[];
}

/** Looks how the dependencies stand. */
export type ReadinessCheck = () => Promise<Readiness>;

/** How patiently dependencies are asked. */
export interface ReadinessLimits {
  /** For how long an answer is served again: anyone may ask, and what they ask for must not grow with how often they do. */
  readonly keptMs: number;
  /** What takes so long answers slowly. */
  readonly slowMs: number;
  /** What takes so long does not answer. */
  readonly timeoutMs: number;
}

/**
 * Five seconds are below the period of any load balancer or monitor. The database takes milliseconds and an RPC endpoint a few hundred, so
 * what takes a second is unwell; and the answer comes within the five seconds after which such callers give up.
 */
export const READINESS_LIMITS: ReadinessLimits = { keptMs: 5_000, slowMs: 1_000, timeoutMs: 4_000 };

/**
 * Makes a check that asks all dependencies at once, and each no more often than its answers are kept: failures as well.
 *
 * @param onFailure is told why one did not answer: for the log, not for whoever asks
 */
export function createReadinessCheck(
  dependencies: readonly Dependency[],
  clock: Clock,
  onFailure: (name: string, error: unknown) => void,
  limits: ReadinessLimits = READINESS_LIMITS,
): ReadinessCheck {
  async function stand({ name, probe }: Dependency): Promise<DependencyStand> {
    const started = clock();
    const isUp = await within(limits.timeoutMs, probe).then(
      () => true,
      (error: unknown) => {
        onFailure(name, error);
        return false;
      },
    );
    const latency_ms = Math.max(0, Math.round(clock() - started));
    const slow = latency_ms >= limits.slowMs ? 'degraded' : 'ok';
    return { name, state: isUp ? slow : 'down', latency_ms };
  }

  const asked = dependencies.map((dependency) => ({
    needed: dependency.needed,
    ask: cachedFor(limits.keptMs, clock, () => stand(dependency)),
  }));
  return async () => {
    const stands = await Promise.all(asked.map(async ({ needed, ask }) => ({ needed, stand: await ask() })));
    return { status: statusOf(stands), dependencies: stands.map(({ stand }) => stand) };
  };
}

function statusOf(stands: readonly { readonly needed: boolean; readonly stand: DependencyStand }[]) {
  if (stands.some(({ needed, stand: { state } }) => needed && state === 'down')) return 'down';
  return stands.every(({ stand: { state } }) => state === 'ok') ? 'ready' : 'degraded';
}

/** Runs something; rejects when it takes longer. It may go on, and nobody hears of its end. */
async function within<T>(timeoutMs: number, run: () => Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([run(), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
