import {
  type BreakerDependencies,
  type Breakers,
  createBreakers,
  createLocalBreakerStore,
} from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createRecordingLog, type RecordingLog } from './recording-log.ts';
import { createRecordingMetrics, type RecordingMetrics } from './recording-metrics.ts';

/** Breakers with what a test needs to look behind them. */
export interface BreakerBench {
  readonly breakers: Breakers;
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  readonly deps: BreakerDependencies;
}

/** Makes breakers of one process, by a store of its own unless told otherwise. */
export function breakerBench(overrides: Partial<BreakerDependencies> = {}): BreakerBench {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  let probes = 0;
  const deps: BreakerDependencies = {
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    clock: clock.now,
    newProbeId: () => {
      probes += 1;
      return `probe-${probes}`;
    },
    log: log.log,
    metrics: metrics.metrics,
    ...overrides,
  };
  return { breakers: createBreakers(deps), clock, log, metrics, deps };
}
