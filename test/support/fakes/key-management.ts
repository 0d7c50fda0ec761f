import type { ApiKey } from '#shared/access/api-key.ts';
import { createApiKeyStore } from '#shared/access/api-key-store.ts';
import type { ApiKeyDependencies } from '#shared/access/manage-api-keys.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { TEST_PEPPER } from './api-keys.ts';
import { createFakeClock, TEST_NOW_MS } from './fake-clock.ts';
import { createFakeIdempotency, type FakeIdempotency } from './fake-idempotency.ts';
import { createRecordingLog } from './recording-log.ts';
import { createScriptedAws, type ScriptedAnswer, type ScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** The id of every key that a test issues. */
export const ISSUED_KEY_ID = 'key_01JD8Q4X7M5N2V9C3R6T0W1YZB';

/** Who asks, for what, and what the database says to it. */
export interface KeyManagementOptions {
  /** The one key there is. */
  readonly stored?: ApiKey;
  /** What the asking principal may do; everything unless said otherwise. */
  readonly scopes?: readonly Scope[];
  /** DynamoDB's answer to each transaction. */
  readonly written?: ScriptedAnswer;
  readonly ifMatchVersion?: number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: number;
}

/** The use cases' dependencies around one stored key. */
export interface KeyManagement {
  readonly deps: ApiKeyDependencies;
  readonly context: IdempotentContext;
  readonly aws: ScriptedAws;
  readonly idempotency: FakeIdempotency;
}

/** Makes what the use cases that manage API keys need, without a database. */
export function keyManagement(options: KeyManagementOptions = {}): KeyManagement {
  const { stored } = options;
  const aws = createScriptedAws(() => options.written ?? { body: {} });
  const clock = createFakeClock(options.nowMs ?? TEST_NOW_MS);
  const idempotency = createFakeIdempotency();
  const empty = createApiKeyStore(scriptedDocumentClient(createScriptedAws(() => ({ body: {} }))), 'access');
  return {
    aws,
    idempotency,
    deps: {
      client: scriptedDocumentClient(aws),
      tables: { access: 'access', audit: 'audit' },
      store: stored === undefined ? empty : { ...empty, get: async () => stored, find: async () => stored },
      idempotency,
      readPepper: async () => TEST_PEPPER,
      mode: 'test',
      clock: clock.now,
      newId: () => ISSUED_KEY_ID,
    },
    context: {
      requestId: 'request-1',
      sourceAddress: '203.0.113.7',
      deadline: Deadline.in(1_000, clock.now),
      log: createRecordingLog().log,
      ifMatchVersion: options.ifMatchVersion,
      principal: { id: 'key_issuer', name: 'issuer', scopes: [...(options.scopes ?? ['*'])] },
      idempotency: { recordKey: 'IDEMPOTENCY#k', fingerprint: 'f' },
    },
  };
}
