import { Deadline } from '#shared/platform/deadline.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { createFakeClock } from './fake-clock.ts';
import { createRecordingLog } from './recording-log.ts';

/** What a use case behind an idempotent route is given besides its input. */
export function idempotentContext(overrides: Partial<IdempotentContext> = {}): IdempotentContext {
  return {
    requestId: 'request-1',
    sourceAddress: '203.0.113.7',
    deadline: Deadline.in(1_000, createFakeClock().now),
    log: createRecordingLog().log,
    ifMatchVersion: undefined,
    principal: { id: 'key_tester', name: 'tester', scopes: ['*'] },
    idempotency: { recordKey: 'IDEMPOTENCY#key_tester#route#k', fingerprint: 'f' },
    ...overrides,
  };
}
