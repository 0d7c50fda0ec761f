import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_ALERTS } from '#shared/alerts/alert-row.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { openSealed, recipientKeys } from '#test/support/fakes/key-desk.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { awsOptions, clientWith, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const REASON = { reason: 'tried by a test' };
/** The schedule runs each minute. */
const NEXT_RUN_MS = 150_000;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** Somebody with a key of their own. */
async function somebody(name: string, ...scopes: Scope[]) {
  const { key } = await haven.client.createApiKey({ body: { name, scopes } });
  return clientWith(haven.info, key ?? '');
}

/** Who asks and who approves: two keys, neither of which made the other. */
async function twoPeople() {
  return [
    await somebody('requester', 'custody:export', 'custody:destroy', 'custody:approve'),
    await somebody('approver', 'custody:approve'),
  ] as const;
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

const tables = () => createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));

/** What was alerted of a request, from the list of all alerts. */
async function alertsOf(requestId: string): Promise<readonly string[]> {
  const client = tables();
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: 'haven-local-logs',
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :all',
      ExpressionAttributeValues: { ':all': ALL_ALERTS },
    }),
  );
  const rows = await Promise.all(
    Items.map(({ pk, sk }) => client.send(new GetCommand({ TableName: 'haven-local-logs', Key: { pk, sk } }))),
  );
  return rows
    .map(({ Item }) => `${Item?.['severity']} ${Item?.['dedupe_key']}`)
    .filter((text) => text.includes(requestId))
    .sort();
}

describe('exporting a key from the deployed stack', () => {
  it('takes two people, gives it out once, and what opens is the key of the address', async () => {
    const requester = await somebody('requester', 'custody:export', 'custody:approve', 'custody:read');
    const approver = await somebody('approver', 'custody:approve');
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const { publicJwk, privateJwk } = await recipientKeys('P-256');
    const { x = '', y = '' } = publicJwk;
    const public_key = { kty: 'EC' as const, crv: 'P-256' as const, x, y };
    const asked = await requester.requestExport({ params: { id: wallet.id }, body: { ...REASON, public_key } });
    const params = { id: asked.id };

    expect(await code(requester.retrieveExport({ params }))).toBe('INVALID_TRANSITION');
    expect(await code(requester.approveExport({ params }))).toBe('FORBIDDEN');
    expect(await code(approver.requestExport({ params: { id: wallet.id }, body: { ...REASON, public_key } }))).toBe(
      'FORBIDDEN',
    );
    // Who made the requester's key has seen it.
    expect(await code(haven.client.approveExport({ params }))).toBe('FORBIDDEN');
    expect(await approver.approveExport({ params })).toMatchObject({ status: 'approved' });
    expect(await code(haven.client.retrieveExport({ params }))).toBe('FORBIDDEN');

    const answers = await Promise.allSettled(Array.from({ length: 4 }, () => requester.retrieveExport({ params })));
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(given).toHaveLength(1);
    const { payload } = await openSealed(given[0]?.jwe ?? '', privateJwk);
    expect(addressOf(Buffer.from(String(payload['private_key']).slice(2), 'hex'))).toBe(wallet.address);
    expect(await code(requester.retrieveExport({ params }))).toBe('INVALID_TRANSITION');

    expect(await requester.getExport({ params })).toMatchObject({ status: 'retrieved' });
    const listed = await requester.listExports({ query: { wallet_id: wallet.id } });
    expect(listed.data.map(({ id }) => id)).toEqual([asked.id]);
    const entries = await stageAudit(await inProcess(haven)).entries(wallet.id);
    expect(entries.map(({ action }) => action)).toEqual([
      'wallet.created',
      'export.requested',
      'export.approved',
      'key.exported',
    ]);
    expect(await haven.client.verifyAudit({ body: { wallet_id: wallet.id } })).toMatchObject({ verified: true });
    expect(await alertsOf(asked.id)).toEqual(
      ['approve', 'request', 'retrieve'].map((step) => `CRITICAL ${asked.id}#${step}`),
    );
  });

  it('can be called off by either side', async () => {
    const [requester, approver] = await twoPeople();
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const { publicJwk } = await recipientKeys('X25519');
    const public_key = { kty: 'OKP' as const, crv: 'X25519' as const, x: publicJwk.x ?? '' };
    const ask = () => requester.requestExport({ params: { id: wallet.id }, body: { ...REASON, public_key } });
    const [first, second] = [await ask(), await ask()];
    await approver.approveExport({ params: { id: first.id } });
    expect(await approver.rejectExport({ params: { id: first.id }, body: REASON })).toMatchObject({
      status: 'rejected',
    });
    expect(await code(requester.retrieveExport({ params: { id: first.id } }))).toBe('INVALID_TRANSITION');
    await requester.cancelExport({ params: { id: second.id }, body: REASON });
    expect(await code(approver.approveExport({ params: { id: second.id } }))).toBe('INVALID_TRANSITION');
  });
});

describe('destroying a key on the deployed stack', () => {
  it('takes a revoked wallet and two people, and happens by the schedule', {
    timeout: NEXT_RUN_MS + 30_000,
  }, async () => {
    const [requester, approver] = await twoPeople();
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const ask = () => requester.requestDestruction({ params: { id: wallet.id }, body: REASON });
    expect(await code(ask())).toBe('INVALID_TRANSITION');

    await haven.client.revokeWallet({ params: { id: wallet.id }, body: REASON });
    const asked = await ask();
    const params = { id: asked.id };
    for (const kin of [requester, haven.client])
      expect(await code(kin.approveDestruction({ params }))).toBe('FORBIDDEN');
    await approver.approveDestruction({ params });
    await eventually(
      'the destruction',
      async () => ((await haven.client.getDestruction({ params })).status === 'executed' ? true : undefined),
      NEXT_RUN_MS,
    );
    const key = await tables().send(new GetCommand({ TableName: 'haven-local-keys', Key: { pk: wallet.id } }));
    expect(key.Item).toBeUndefined();
    expect(await haven.client.getWallet({ params: { id: wallet.id } })).toMatchObject({
      status: 'revoked',
      key_destroyed_at: expect.any(String),
    });
    expect(await code(ask())).toBe('KEY_NOT_AVAILABLE');
    expect(await code(haven.client.rotateWallet({ params: { id: wallet.id }, body: REASON }))).toBe(
      'INVALID_TRANSITION',
    );
    expect(await haven.client.verifyAudit({ body: { wallet_id: wallet.id } })).toMatchObject({ verified: true });
    expect(await alertsOf(asked.id)).toEqual(
      ['approve', 'execute', 'request'].map((step) => `CRITICAL ${asked.id}#${step}`),
    );
  });
});
