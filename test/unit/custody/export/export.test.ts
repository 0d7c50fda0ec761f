import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import {
  APPROVER,
  approvedExport,
  createKeyDesk,
  openSealed,
  REQUESTER,
  recipientKeys,
} from '#test/support/fakes/key-desk.ts';
import { KEY_ENCODINGS, survives, TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const MINUTE_MS = 60_000;

describe('an export', () => {
  it.each(['P-256', 'P-384', 'P-521', 'X25519', 2_048, 3_072] as const)(
    'to a key of %s opens with its private half to the key of the address',
    async (kind) => {
      const desk = await createKeyDesk();
      const { publicJwk, privateJwk } = await recipientKeys(kind);
      const asked = await desk.requestExport(publicJwk);
      expect(asked.status).toBe(201);
      const exportId = String(asked.json['id']);
      expect((await desk.approve(exportId)).json).toMatchObject({ status: 'approved', approved_by: APPROVER });
      const { status, json } = await desk.retrieve(exportId);
      expect(status).toBe(200);
      const alg = typeof kind === 'number' ? 'RSA-OAEP-256' : 'ECDH-ES';
      const { payload, protectedHeader } = await openSealed(String(json['jwe']), privateJwk, alg);
      expect(protectedHeader).toMatchObject({ alg, enc: 'A256GCM', kid: asked.json['thumbprint'] });
      expect(payload).toEqual({
        export_id: exportId,
        wallet_id: TEST_WALLET.id,
        address: TEST_WALLET.address,
        purpose: 'treasury',
        exported_at: isoTime(TEST_NOW_MS),
        private_key: `0x${TEST_PRIVATE_KEY}`,
      });
      expect(addressOf(Buffer.from(String(payload['private_key']).slice(2), 'hex'))).toBe(TEST_WALLET.address);
    },
  );

  it('is on the stream of the wallet and a critical alert at each step, and the stream verifies', async () => {
    const { desk, exportId } = await approvedExport();
    await desk.retrieve(exportId);
    expect(await desk.entries()).toMatchObject([
      { action: 'export.requested', actor: REQUESTER, severity: 'CRITICAL', reason: 'leaving' },
      { action: 'export.approved', actor: APPROVER, severity: 'CRITICAL', detail: { requested_by: REQUESTER } },
      { action: 'key.exported', actor: REQUESTER, severity: 'CRITICAL', detail: { approved_by: APPROVER } },
    ]);
    expect(await desk.brokenAt()).toBeNull();
    const alerts = desk.alerts().sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
    expect(alerts.map(({ severity, category, dedupe_key }) => [severity, category, dedupe_key])).toEqual(
      ['request', 'approve', 'retrieve'].map((step) => ['CRITICAL', 'key_access', `${exportId}#${step}`]),
    );
    expect(desk.metrics.counts()).toEqual({ AlertRecorded: 3, CriticalAlert: 3, KeyExported: 1 });
  });

  it('leaves neither the key nor what it is sealed in anywhere, and the bytes of the key overwritten', async () => {
    const { desk, exportId } = await approvedExport();
    const { json } = await desk.retrieve(exportId);
    const tables = ['ledger', 'audit', 'ephemeral', 'keys', 'approvals', 'logs'].map((name) => desk.dynamo.items(name));
    const everything = `${JSON.stringify(tables)}${desk.log.everything()}`;
    expect(Object.values(KEY_ENCODINGS).filter((encode) => survives(encode(TEST_PRIVATE_KEY), everything))).toEqual([]);
    for (const part of String(json['jwe']).split('.').slice(1)) expect(everything).not.toContain(part || 'no key');
    expect(desk.opened).toHaveLength(1);
    expect(desk.opened.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  it('costs four reads and one transaction of four items, and one decryption', async () => {
    const { desk, exportId } = await approvedExport();
    const before = desk.aws.requests.length;
    await desk.retrieve(exportId);
    const sent = desk.aws.requests.slice(before);
    expect(sent.map(({ operation }) => operation).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'GetItem'),
      'TransactWriteItems',
    ]);
    expect(sent.at(-1)?.body['TransactItems']).toHaveLength(4);
    expect(desk.opened).toHaveLength(1);
  });

  it.each([
    { paused: true },
    { status: 'rotated' as const },
    { status: 'revoked' as const, revoked_at: isoTime(TEST_NOW_MS) },
  ])('of a wallet that is %j is possible: its owner must be able to take the key', async (wallet) => {
    const { desk, exportId } = await approvedExport({ wallet });
    expect((await desk.retrieve(exportId)).status).toBe(200);
  });

  it('of a key that was destroyed is refused, before and after its approval', async () => {
    const desk = await createKeyDesk({ wallet: { key_destroyed_at: isoTime(TEST_NOW_MS) } });
    const { publicJwk } = await recipientKeys();
    expect((await desk.requestExport(publicJwk)).json['error']).toBe('KEY_NOT_AVAILABLE');
    const late = await approvedExport({ custody: { key_destroyed_at: undefined } });
    late.desk.dynamo.put('ledger', {
      ...custodyKey(TEST_WALLET.id),
      ...(await late.desk.wallets.custodyState(TEST_WALLET.id)),
      key_destroyed_at: isoTime(TEST_NOW_MS),
    });
    expect((await late.desk.retrieve(late.exportId)).json['error']).toBe('KEY_NOT_AVAILABLE');
    expect((await late.desk.cancel(late.exportId)).status).toBe(200);
  });

  it('is refused where the stage exports no keys', async () => {
    const desk = await createKeyDesk({ exportIsOn: false });
    const answer = await desk.requestExport((await recipientKeys()).publicJwk);
    expect([answer.status, answer.json['error']]).toEqual([403, 'POLICY_VIOLATION']);
    expect(desk.items('approvals')).toEqual([]);
  });

  it('of a ciphertext that was swapped or altered is refused, on record and alerted', async () => {
    const { desk, exportId } = await approvedExport();
    const stolen = await createKeyDesk();
    desk.dynamo.put('keys', { pk: TEST_WALLET.id, ciphertext: stolen.items('keys')[0]?.['ciphertext'] });
    const answer = await desk.retrieve(exportId);
    expect([answer.status, answer.json['error']]).toEqual([500, 'KEY_DECRYPTION_FAILED']);
    expect((await desk.entries()).at(-1)).toMatchObject({ action: 'key.refused', severity: 'CRITICAL' });
    expect(desk.alerts().filter((alert) => String(alert['dedupe_key']).endsWith('#key.refused'))).toHaveLength(1);
    expect(desk.metrics.counts()).toMatchObject({ KeyRefused: 1 });
    expect(await desk.brokenAt()).toBeNull();
  });

  it('asked for twice with one Idempotency-Key is one', async () => {
    const desk = await createKeyDesk();
    const { publicJwk } = await recipientKeys();
    const [first, again] = [
      await desk.requestExport(publicJwk, REQUESTER, 'same'),
      await desk.requestExport(publicJwk, REQUESTER, 'same'),
    ];
    expect(again.json).toEqual(first.json);
    expect(desk.items('approvals')).toHaveLength(1);
    expect(await desk.entries()).toHaveLength(1);
  });
});

describe('what is sealed', () => {
  it('does not open when anything of it is altered, nor with another key', async () => {
    const { desk, exportId, privateJwk } = await approvedExport();
    const jwe = String((await desk.retrieve(exportId)).json['jwe']);
    const parts = jwe.split('.');
    for (const [at, part] of parts.entries()) {
      if (part === '') continue;
      const middle = Math.floor(part.length / 2);
      const altered = `${part.slice(0, middle)}${part[middle] === 'A' ? 'B' : 'A'}${part.slice(middle + 1)}`;
      await expect(openSealed(parts.with(at, altered).join('.'), privateJwk)).rejects.toThrow();
    }
    await expect(openSealed(jwe, (await recipientKeys()).privateJwk)).rejects.toThrow();
  });
});

describe('the list of exports', () => {
  it('shows them newest first, and by where they stand now', async () => {
    const { desk, exportId, publicJwk } = await approvedExport();
    const second = String((await desk.requestExport(publicJwk)).json['id']);
    const ids = async (query: Record<string, string[]> = {}) => {
      const { json } = await desk.get('/admin/exports', {}, query);
      return Array.isArray(json['data']) ? json['data'].map(({ id }) => id) : [];
    };
    expect(await ids()).toEqual([second, exportId].sort().reverse());
    expect(await ids({ status: ['approved'] })).toEqual([exportId]);
    desk.clock.advance(15 * MINUTE_MS);
    expect(await ids({ status: ['expired'], wallet_id: [TEST_WALLET.id] })).toEqual([exportId]);
    expect(await ids({ wallet_id: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZB'] })).toEqual([]);
  });
});
