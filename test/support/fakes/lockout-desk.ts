import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { ApiKey } from '#shared/access/api-key.ts';
import { lockoutPolicy } from '#shared/access/lockout.ts';
import { createLockoutStore, readSecurityHead } from '#shared/access/lockout-store.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo } from './memory-dynamo.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

const addSchema = z.object({
  TableName: z.literal('ephemeral'),
  Key: z.object({ pk: z.object({ S: z.string() }) }),
  UpdateExpression: z.literal('ADD failures :one SET expires_at = :expires'),
  ExpressionAttributeValues: z.object({ ':expires': z.object({ N: z.string() }) }),
});

/** What the lockouts of tests come to: three failures in a minute, for two minutes. */
export const TEST_LOCKOUT_POLICY = lockoutPolicy({
  LOCKOUT_KEY_FAILURES: 3,
  LOCKOUT_ADDRESS_FAILURES: 5,
  LOCKOUT_WINDOW_SECONDS: 60,
  LOCKOUT_SECONDS: 120,
});

/**
 * The authorizer's tables in memory, with the store of lockouts on them.
 *
 * @param keys the API keys that there are
 */
export function createLockoutDesk(keys: readonly ApiKey[] = []) {
  const clock = createFakeClock();
  const dynamo = createMemoryDynamo({ access: ['pk'], ephemeral: ['pk'], audit: ['pk', 'seq'], logs: ['pk', 'sk'] });
  const counts = new Map<string, number>();
  /** The one form of Update that counts failures. */
  const count = ({ body }: SentRequest): ScriptedAnswer => {
    const { Key, ExpressionAttributeValues } = addSchema.parse(body);
    const failures = (counts.get(Key.pk.S) ?? 0) + 1;
    counts.set(Key.pk.S, failures);
    const expires = Number(ExpressionAttributeValues[':expires'].N);
    return { body: { Attributes: marshall({ pk: Key.pk.S, failures, expires_at: expires }) } };
  };
  const aws = createScriptedAws((request) =>
    request.operation === 'UpdateItem' ? count(request) : dynamo.answer(request),
  );
  const client = scriptedDocumentClient(aws);
  for (const key of keys) dynamo.put('access', { pk: key.id, ...key });
  let ids = 0;
  const newTestId: NewId = (prefix) => {
    ids += 1;
    return `${prefix}_${String(ids).padStart(26, '0')}`;
  };
  const audit = createAuditStore(client, 'audit');
  const tables = { access: 'access', ephemeral: 'ephemeral', audit: 'audit', logs: 'logs' };
  const store = () =>
    createLockoutStore(
      client,
      tables,
      TEST_LOCKOUT_POLICY,
      clock.now,
      (stream) => endOfStream(audit, stream),
      newTestId,
      async () => undefined,
    );
  return {
    clock,
    dynamo,
    aws,
    audit,
    counts,
    /** As one function instance has it. */
    store,
    head: (address: string) => readSecurityHead(client, 'ephemeral', address),
  };
}
