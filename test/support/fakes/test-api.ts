import { type Problem, problemSchema } from '#shared/platform/errors/problem.ts';
import type { Access } from '#shared/platform/http/access-recorder.ts';
import type { ApiResponse } from '#shared/platform/http/api-event.ts';
import { type ApiDependencies, createApiHandler } from '#shared/platform/http/api-handler.ts';
import type { BoundRoute } from '#shared/platform/http/bound-route.ts';
import { ratePolicies } from '#shared/platform/http/rate-limits.ts';
import { apiEvent, lambdaContext, type TestRequest } from './api-request.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeLimiter } from './fake-limiter.ts';
import { createRecordingLog, type RecordingLog } from './recording-log.ts';
import { createRecordingMetrics, type RecordingMetrics } from './recording-metrics.ts';

/** An API function with fakes around it. */
export interface TestApi {
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  /** Accesses put on record, in their order; unless a recorder was given. */
  readonly accesses: readonly Access[];
  /** Sends a request. */
  send(request: TestRequest): Promise<ApiResponse>;
  /** Sends an event as it is: for events that are none. */
  sendRaw(event: unknown): Promise<ApiResponse>;
}

/**
 * Makes an API function of some routes.
 *
 * @param overrides dependencies that differ: a limiter, an idempotency store, exposeStacks
 */
export function createTestApi(routes: readonly BoundRoute[], overrides: Partial<ApiDependencies> = {}): TestApi {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const accesses: Access[] = [];
  const handler = createApiHandler({
    routes,
    log: log.log,
    metrics: metrics.metrics,
    clock: clock.now,
    limiter: createFakeLimiter(),
    ratePolicies: ratePolicies({
      RATE_LIMIT_PUBLIC_PER_MINUTE: 100,
      RATE_LIMIT_READ_PER_MINUTE: 200,
      RATE_LIMIT_WRITE_PER_MINUTE: 300,
      RATE_LIMIT_SENSITIVE_PER_MINUTE: 400,
      RATE_LIMIT_WEBHOOK_PER_MINUTE: 10,
    }),
    exposeStacks: false,
    accessRecorder: { record: async (access) => void accesses.push(access) },
    ...overrides,
  });
  const sendRaw = (event: unknown) => handler(event, lambdaContext());
  return { clock, log, metrics, accesses, sendRaw, send: (request) => sendRaw(apiEvent(request)) };
}

/** Reads the problem document of an error answer. */
export function problemOf(response: ApiResponse): Problem {
  return problemSchema.parse(JSON.parse(response.body));
}
