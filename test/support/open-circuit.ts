import { randomUUID } from 'node:crypto';
import { type Breakers, createBreakers } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { createRecordingLog } from './fakes/recording-log.ts';
import { createRecordingMetrics } from './fakes/recording-metrics.ts';
import type { InProcess } from './in-process.ts';
import type { LocalHaven } from './local-haven.ts';

/** Breakers as one process has them, on the deployed table. */
export function processBreakers({ client, tables }: Pick<InProcess, 'client' | 'tables'>): {
  readonly breakers: Breakers;
  /** How often the store could not be asked. */
  readonly failures: () => number;
} {
  const metrics = createRecordingMetrics();
  const breakers = createBreakers({
    store: createBreakerStore(client, tables.ephemeral, systemClock),
    policy: DEFAULT_POLICY,
    clock: systemClock,
    newProbeId: randomUUID,
    log: createRecordingLog().log,
    metrics: metrics.metrics,
  });
  return { breakers, failures: () => metrics.counts()['BreakerStoreUnavailable'] ?? 0 };
}

/** Has what is behind a circuit fail until it opens. */
export async function openCircuit(parts: Pick<InProcess, 'client' | 'tables'>, name: string): Promise<void> {
  const breaker = processBreakers(parts).breakers.of(name);
  for (let failures = 0; failures < DEFAULT_POLICY.failures; failures += 1) {
    const admission = await breaker.admit();
    if (admission.admitted) await breaker.failed(admission.permit, 'down');
  }
}

type Listed = Awaited<ReturnType<LocalHaven['client']['listCircuitBreakers']>>['data'];

/** Every circuit that the API lists, page by page: those of other tests may be more than a page. */
export async function listedCircuits({ client }: Pick<LocalHaven, 'client'>): Promise<Listed> {
  const found: Listed = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.listCircuitBreakers>> = await client.listCircuitBreakers({
      query: { limit: 100, ...(cursor === null ? {} : { cursor }) },
    });
    found.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}
