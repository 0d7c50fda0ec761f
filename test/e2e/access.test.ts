import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { clientWith, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { sendRaw } from '#test/support/raw-request.ts';

/** A key is issued in less, on a busy machine too: one that had ended by then would be refused. */
const SHORT_LIFE_MS = 10_000;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

type Body = Parameters<LocalHaven['client']['createApiKey']>[0]['body'];

/** Issues a key and gives its token. */
async function issue(change: Partial<Body>): Promise<{ readonly id: string; readonly key: string }> {
  const issued = await haven.client.createApiKey({ body: { name: 'test', scopes: ['transactions:read'], ...change } });
  if (issued.key === null) throw new Error('A new key was issued without its token');
  return { id: issued.id, key: issued.key };
}

const read = (apiKey: string | null, headers: Record<string, string> = {}) =>
  sendRaw(haven.info, { method: 'GET', path: '/transactions?limit=1', apiKey, headers });

describe('API keys', () => {
  it('answer 401 when there is none, or none that Haven knows', async () => {
    const unknown = `hvn_test_01JD8Q4X7M5N2V9C3R6T0W1YZA_${'0'.repeat(64)}`;
    for (const key of [null, 'nonsense', unknown]) {
      expect(await read(key)).toMatchObject({ status: 401, body: { error: 'UNAUTHENTICATED' } });
    }
  });

  it('answer 401 when the secret is wrong by one digit', async () => {
    const { key } = await issue({});
    const wrong = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    expect((await read(wrong)).status).toBe(401);
    expect((await read(key)).status).toBe(200);
  });

  it('answer 403 and name the scope that is missing', async () => {
    const { key } = await issue({});
    const answer = await sendRaw(haven.info, { method: 'GET', path: '/admin/wallets', apiKey: key });
    expect(answer).toMatchObject({ status: 403, body: { error: 'FORBIDDEN', details: { scope: 'custody:read' } } });
  });

  it('answer 403 from an address that is not on the list of the key', async () => {
    const { key } = await issue({ allowed_addresses: ['203.0.113.0/24'] });
    expect(await read(key)).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    // The local gateway believes this header; AWS takes the connection's own address.
    expect((await read(key, { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(200);
    expect((await read(key, { 'X-Forwarded-For': '203.0.114.9' })).status).toBe(403);
  });

  it('stop working when they expire', async () => {
    const expiresAt = Date.now() + SHORT_LIFE_MS;
    const { key } = await issue({ expires_at: new Date(expiresAt).toISOString() });
    // Asked only after its end: an earlier answer would be kept by the gateway for some seconds.
    await eventually('the end of the key', async () => (Date.now() > expiresAt ? true : undefined), SHORT_LIFE_MS);
    expect((await read(key)).status).toBe(401);
  });

  it('stop working within 30 seconds of their revocation', async () => {
    const { id, key } = await issue({});
    expect((await read(key)).status).toBe(200);
    await haven.client.revokeApiKey({ params: { id } });
    await eventually('401', async () => ((await read(key)).status === 401 ? true : undefined), 30_000);
  });

  it('are shown once, stored as a hash, and never shown again', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const request = {
      method: 'POST',
      path: '/admin/api-keys',
      headers,
      body: { name: 'once', scopes: ['audit:read'] },
    };
    const first = await sendRaw(haven.info, request);
    const again = await sendRaw(haven.info, request);
    expect(first.body['key']).toMatch(/^hvn_test_/);
    expect(again.body).toEqual({ ...first.body, key: null });
    const shown = await haven.client.getApiKey({ params: { id: first.body.id ?? '' } });
    expect(Object.keys(shown)).not.toContain('secret_hash');
    expect(JSON.stringify(shown)).not.toContain(String(first.body['key']).slice(-64));
  });

  it('note when they were last used', async () => {
    const { id, key } = await issue({});
    expect((await haven.client.getApiKey({ params: { id } })).last_used_at).toBeNull();
    await read(key);
    expect((await haven.client.getApiKey({ params: { id } })).last_used_at).toMatch(/^20/);
  });

  it('rotate with an overlap: the successor has the same rights and the old key an end', async () => {
    const { id, key } = await issue({ scopes: ['transactions:read', 'custody:read'] });
    const successor = await haven.client.rotateApiKey({ params: { id }, body: { overlap_seconds: 60 } });
    expect(successor.scopes).toEqual(['transactions:read', 'custody:read']);
    const old = await haven.client.getApiKey({ params: { id } });
    expect(old).toMatchObject({ successor_id: successor.id });
    expect(Date.parse(old.expires_at ?? '')).toBeGreaterThan(Date.now());
    expect((await read(key)).status).toBe(200);
    expect((await read(successor.key)).status).toBe(200);
  });

  it('can not issue what they can not do themselves', async () => {
    const { key } = await issue({ scopes: ['access:write'], allowed_addresses: ['127.0.0.1'] });
    const client = clientWith(haven.info, key);
    const wider = [
      { name: 'x', scopes: ['custody:write' as const], allowed_addresses: ['127.0.0.1'] },
      { name: 'x', scopes: ['access:write' as const], allowed_addresses: [] },
      { name: 'x', scopes: ['access:write' as const], allowed_addresses: ['0.0.0.0/0'] },
    ];
    for (const body of wider)
      await expect(client.createApiKey({ body })).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('are changed only at the version that If-Match names', async () => {
    const { id } = await issue({});
    const { version } = await haven.client.getApiKey({ params: { id } });
    const changed = await haven.client.changeApiKey({
      params: { id },
      body: { name: 'renamed' },
      ifMatch: `"v${version}"`,
    });
    expect(changed).toMatchObject({ name: 'renamed', version: version + 1 });
    await expect(
      haven.client.changeApiKey({ params: { id }, body: { name: 'late' }, ifMatch: `"v${version}"` }),
    ).rejects.toMatchObject({ status: 412, code: 'VERSION_MISMATCH' });
  });
});

describe('what a key reaches for', () => {
  it('is on its own audit stream, granted or refused, and the stream verifies', async () => {
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const { id, key } = await issue({ scopes: ['custody:read'] });
    const looking = clientWith(haven.info, key);
    await Promise.all([1, 2, 3].map(() => looking.getWallet({ params: { id: wallet.id } })));
    await looking.listWallets({ query: {} });
    await expect(looking.createWallet({ body: { purpose: 'user' } })).rejects.toThrow('custody:write');
    const verification = await haven.client.verifyAudit({ body: { principal_id: id } });
    expect(verification).toMatchObject({ stream: `access:${id}`, verified: true, entries: 5, first_break: null });
    const stored = await stageAudit(await inProcess(haven)).stored(`access:${id}`);
    const entries = stored.map((entry) => auditEntrySchema.parse(entry));
    expect(entries.slice(0, 3).map(({ detail }) => detail['subject'])).toEqual([wallet.id, wallet.id, wallet.id]);
    expect(entries.at(-1)).toMatchObject({
      action: 'access.refused',
      actor: id,
      reason: 'FORBIDDEN',
      detail: { operation: 'createWallet' },
    });
  });
});
