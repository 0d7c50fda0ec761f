import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { ApiKey } from '#shared/access/api-key.ts';
import { createApiKeyStore } from '#shared/access/api-key-store.ts';
import type { ApiKeyDependencies } from '#shared/access/manage-api-keys.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { storedApiKey, TEST_PEPPER } from './api-keys.ts';
import { createFakeClock, TEST_NOW_MS } from './fake-clock.ts';
import { createFakeIdempotency, type FakeIdempotency } from './fake-idempotency.ts';
import { idempotentContext } from './idempotent-context.ts';
import { createScriptedAws, type ScriptedAnswer, type ScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** The id of every key that a test issues. */
export const ISSUED_KEY_ID = 'key_01JD8Q4X7M5N2V9C3R6T0W1YZB';
/** The id of the key that asks. */
export const ISSUER_ID = 'key_issuer';

/** The principal of an operator's token. */
export const OPERATOR_ID = 'oidc:0123456789ab:alice';

/** Who asks, for what, and what the database says to it. */
export interface KeyManagementOptions {
  /** The one key there is besides the issuer's, whatever id is asked for. */
  readonly stored?: ApiKey;
  /** What the asking principal may do; everything unless said otherwise. */
  readonly scopes?: readonly Scope[];
  /** What differs in the asking principal's own key, which works anywhere and never ends. */
  readonly issuer?: Partial<ApiKey>;
  /** DynamoDB's answer to each transaction. */
  readonly written?: ScriptedAnswer;
  readonly ifMatchVersion?: number;
  /** Whether an operator asks with a token, instead of the issuer with its key. */
  readonly operator?: boolean;
  readonly operatorAddresses?: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: number;
}

/** The use cases' dependencies around two stored keys. */
export interface KeyManagement {
  readonly deps: ApiKeyDependencies;
  readonly context: IdempotentContext;
  /** Where changes go. */
  readonly aws: ScriptedAws;
  /** The ids of the keys that were read, in order. */
  keysRead(): readonly string[];
  readonly idempotency: FakeIdempotency;
}

const readSchema = z.object({ Key: z.object({ pk: z.object({ S: z.string() }) }) });
const idOf = (body: unknown) => readSchema.parse(body).Key.pk.S;

/** Makes what the use cases that manage API keys need, without a database. */
export function keyManagement(options: KeyManagementOptions = {}): KeyManagement {
  const scopes = [...(options.scopes ?? (['*'] as const))];
  const issuer = storedApiKey({ id: ISSUER_ID, name: 'issuer', scopes, ...options.issuer });
  const aws = createScriptedAws(() => options.written ?? { body: {} });
  const reads = createScriptedAws(({ body }) => {
    const key = idOf(body) === ISSUER_ID ? issuer : options.stored;
    return { body: key === undefined ? {} : { Item: marshall({ pk: key.id, ...key }) } };
  });
  const idempotency = createFakeIdempotency();
  return {
    aws,
    idempotency,
    keysRead: () => reads.requests.map(({ body }) => idOf(body)),
    deps: {
      client: scriptedDocumentClient(aws),
      tables: { access: 'access', audit: 'audit' },
      store: createApiKeyStore(scriptedDocumentClient(reads), 'access'),
      idempotency,
      readPepper: async () => TEST_PEPPER,
      mode: 'test',
      operatorAddresses: options.operatorAddresses ?? [],
      clock: createFakeClock(options.nowMs ?? TEST_NOW_MS).now,
      newId: () => ISSUED_KEY_ID,
    },
    context: idempotentContext({
      ifMatchVersion: options.ifMatchVersion,
      principal: { id: options.operator === true ? OPERATOR_ID : ISSUER_ID, name: issuer.name, scopes },
      idempotency: { recordKey: 'IDEMPOTENCY#k', fingerprint: 'f' },
    }),
  };
}
