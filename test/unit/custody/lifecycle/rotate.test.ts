import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { addressKey, walletKey } from '#shared/custody/ledger-keys.ts';
import { policyStream, storedPolicySchema } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLifecycleDesk, OPERATOR } from '#test/support/fakes/lifecycle-desk.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';

const AT = isoTime(TEST_NOW_MS);
type Desk = ReturnType<typeof createLifecycleDesk>;

function successorOf(desk: Desk, id: string): string {
  return String(desk.row(id, 'WALLET')?.['successor_id']);
}

function wallets(desk: Desk) {
  return desk.items('ledger').filter(({ sk }) => sk === 'WALLET');
}

describe('rotating a wallet', () => {
  it('makes a successor with another key and links both ways, on both streams and with an alert, at once', async () => {
    const desk = createLifecycleDesk();
    const old = await desk.createWallet({ tags: { region: 'eu' } });
    const before = desk.aws.requests.length;
    const { status, json } = await desk.rotate(old.id);
    expect(status).toBe(201);
    const successorId = successorOf(desk, old.id);
    const successor = await desk.wallets.get(successorId);
    expect(json).toEqual({
      wallet: { ...old, status: 'rotated', successor_id: successorId, rotated_at: AT, version: 2 },
      successor,
      sweep: null,
    });
    expect(successor).toMatchObject({
      purpose: 'treasury',
      custody: 'envelope',
      label: 'Till',
      tags: { region: 'eu' },
      status: 'active',
      paused: false,
      predecessor_id: old.id,
      version: 1,
    });
    expect(successor.address).not.toBe(old.address);
    expect(desk.row(old.id, 'WALLET')).toMatchObject({ gsi1pk: 'WALLETS', gsi2pk: 'WALLETS#treasury#rotated' });
    expect(desk.row(old.id, 'CUSTODY')).toMatchObject({
      ...{ status: 'rotated', successor_id: successorId, successor_address: successor.address },
    });
    expect(desk.items('ledger')).toContainEqual({ ...addressKey(successor.address), wallet_id: successorId });
    expect(desk.items('ledger')).toContainEqual({ pk: 'WALLET_TAG#region=eu', sk: successorId });
    expect(desk.items('keys').map(({ pk }) => pk)).toEqual(expect.arrayContaining([old.id, successorId]));
    expect(await desk.entries(old.id)).toMatchObject([
      { action: 'wallet.created' },
      {
        action: 'wallet.rotated',
        actor: OPERATOR,
        severity: 'WARNING',
        reason: 'a laptop was stolen',
        detail: { successor_id: successorId, successor_address: successor.address, sweep: false },
      },
    ]);
    expect(await desk.entries(successorId)).toMatchObject([
      { action: 'wallet.created', detail: { predecessor_id: old.id } },
    ]);
    for (const id of [old.id, successorId]) expect(await desk.brokenAt(id)).toBeNull();
    expect(desk.alerts()).toMatchObject([
      { severity: 'WARNING', category: 'key_access', details: { wallet_id: old.id } },
    ]);
    const writes = desk.aws.requests.slice(before).filter(({ operation }) => operation === 'TransactWriteItems');
    expect(writes).toHaveLength(1);
  });

  it('gives the successor a copy of the policy, as the first version of its own', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const policy = { ...storedPolicy({ allowed_chains: [31_337], message_signing: true }), wallet_id: id, version: 4 };
    desk.dynamo.put('ledger', { ...policyKey(id), ...policy });
    await desk.rotate(id);
    const successorId = successorOf(desk, id);
    const copy = storedPolicySchema.parse(desk.row(successorId, 'POLICY'));
    expect(copy).toMatchObject({ allowed_chains: [31_337], message_signing: true, wallet_id: successorId, version: 1 });
    const stream = policyStream(successorId);
    expect(await desk.entries(stream)).toMatchObject([
      { action: 'policy.copied', actor: OPERATOR, detail: { from_wallet_id: id, from_version: 4 } },
    ]);
    expect(firstBreak(stream, await createAuditStore(desk.client, 'audit').stored(stream), copy)).toBeNull();
  });

  it('copies the policy as it is when it commits, however often it changes meanwhile', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const put = (version: number) =>
      desk.dynamo.put('ledger', {
        ...policyKey(id),
        ...storedPolicy({ allowed_chains: [version] }),
        wallet_id: id,
        version,
      });
    put(1);
    let changes = 0;
    const rival = desk.open((request) => {
      if (request.operation === 'TransactWriteItems' && changes < 3) {
        changes += 1;
        put(1 + changes);
      }
      return undefined;
    });
    expect((await rival.rotate(id)).status).toBe(201);
    expect(desk.row(successorOf(desk, id), 'POLICY')).toMatchObject({ allowed_chains: [4] });
  });

  it('gives twenty at once one successor and no key too many', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const answers = await Promise.all(Array.from({ length: 20 }, () => desk.rotate(id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect(wallets(desk)).toHaveLength(2);
    expect(desk.items('keys')).toHaveLength(2);
    const refused = answers.filter(({ status }) => status === 409).map(({ json }) => json['error']);
    expect(new Set(refused)).toEqual(new Set(['INVALID_TRANSITION']));
    expect(await desk.brokenAt(id)).toBeNull();
  });

  it('is answered alike when it is repeated with its key; with another it is 409 and names the successor', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const first = await desk.rotate(id, { sweep: true }, { key: 'k' });
    const again = await desk.rotate(id, { sweep: true }, { key: 'k' });
    expect(again.json).toEqual(first.json);
    expect((await desk.rotate(id, {}, { key: 'k' })).status).toBe(422);
    const other = await desk.rotate(id);
    expect(other).toMatchObject({
      status: 409,
      json: { error: 'INVALID_TRANSITION', details: { from: 'rotated', successor_id: successorOf(desk, id) } },
    });
  });

  it('of a revoked wallet is 409, of one that is not there 404, of another version 412', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    expect((await desk.rotate(id, {}, { ifMatch: '"v2"' })).status).toBe(412);
    expect((await desk.rotate('wal_01JD8Q4X7M5N2V9C3R6T0W1YZB')).status).toBe(404);
    await desk.revoke(id);
    expect((await desk.rotate(id)).json).toMatchObject({ error: 'INVALID_TRANSITION', details: { from: 'revoked' } });
    expect(wallets(desk)).toHaveLength(1);
  });

  it('and revoking it at once leaves one of the two first, never half of one', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const [rotated, revoked] = await Promise.all([desk.rotate(id), desk.revoke(id)]);
    expect(revoked.status).toBe(200);
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'revoked' });
    expect(desk.row(id, 'CUSTODY')).toMatchObject({ status: 'revoked' });
    expect(wallets(desk)).toHaveLength(rotated.status === 201 ? 2 : 1);
    expect(await desk.brokenAt(id)).toBeNull();
  });

  it('can go on from successor to successor', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    await desk.rotate(id);
    const second = successorOf(desk, id);
    expect((await desk.rotate(second)).status).toBe(201);
    expect(desk.row(successorOf(desk, second), 'WALLET')).toMatchObject({ predecessor_id: second, status: 'active' });
  });

  it('leaves a paused wallet paused, and its successor not', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    desk.dynamo.put('ledger', { ...desk.row(id, 'WALLET'), paused: true });
    await desk.rotate(id);
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'rotated', paused: true });
    expect(await desk.wallets.custodyState(successorOf(desk, id))).toMatchObject({ status: 'active', paused: false });
  });

  it.each(['request', 'answer'] as const)(
    'cut off at any request in turn, its %s lost, leaves one successor or none, and a repeat one',
    async (lost) => {
      for (let at = 1, more = true; more; at += 1) {
        const desk = createLifecycleDesk();
        const { id } = await desk.createWallet();
        let sent = 0;
        const broken = desk.open((_request, answer) => {
          sent += 1;
          if (sent < at) return undefined;
          if (sent === at && lost === 'answer') answer();
          return new Error('the function died');
        });
        await broken.rotate(id, { sweep: true }, { key: 'k' });
        more = sent >= at;
        expect(wallets(desk).length).toBeLessThanOrEqual(2);
        expect((await desk.rotate(id, { sweep: true }, { key: 'k' })).status).toBe(201);
        expect(wallets(desk)).toHaveLength(2);
        expect(desk.items('keys')).toHaveLength(2);
        expect(desk.row(id, 'SWEEP')).toMatchObject({ status: 'open', round: 1, gsi1pk: 'OPEN_SWEEPS' });
        expect(await desk.brokenAt(id)).toBeNull();
      }
    },
  );
});

describe('rotating a wallet of the kms tier', () => {
  it('gives the successor a KMS key of its own', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet({ custody: 'kms' });
    expect((await desk.rotate(id)).json).toMatchObject({ successor: { custody: 'kms' } });
    const arns = desk.items('keys').map((item) => item['kms_key_arn']);
    expect(new Set(arns)).toEqual(new Set(desk.signingKms.keys.keys()));
    expect(desk.items('ledger').filter(({ gsi1pk }) => gsi1pk === 'OPEN_KMS_KEYS')).toEqual([]);
  });

  it('makes one key for however many ask at once', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet({ custody: 'kms' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => desk.rotate(id)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(19);
    // Each has an Idempotency-Key of its own: none is told that a request with its key is under way.
    const reasons = new Set(refused.map(({ json }) => json['error']));
    expect([...reasons].filter((reason) => reason !== 'WRITE_CONFLICT' && reason !== 'INVALID_TRANSITION')).toEqual([]);
    expect(desk.signingKms.keys.size).toBe(2);
    expect(desk.items('ledger').filter(({ gsi1pk }) => gsi1pk === 'OPEN_KMS_KEYS')).toEqual([]);
  });

  it('says that another request is rotating the wallet while KMS is asked for its key, and when to come again', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet({ custody: 'kms' });
    const dying = desk.open((request) => {
      const isNamed = JSON.stringify(request).includes('ROTATION#') && JSON.stringify(request).includes('arn:');
      return isNamed ? new Error('the function died') : undefined;
    });
    await dying.rotate(id, {}, { key: 'first' });
    const rival = await desk.rotate(id, {}, { key: 'second' });
    expect(rival).toMatchObject({
      status: 409,
      json: {
        error: 'WRITE_CONFLICT',
        details: { wallet_id: id },
        message: expect.stringContaining('Another request'),
      },
    });
    expect(rival.headers['Retry-After']).toBe('1');
  });

  it('goes on with the key that is there when it died before the wallet was stored, whoever asks next', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet({ custody: 'kms' });
    const broken = desk.open((request) => {
      const isRotation = JSON.stringify(request).includes('wallet.rotated');
      return isRotation ? new Error('the function died') : undefined;
    });
    expect((await broken.rotate(id)).status).toBe(500);
    expect(desk.signingKms.keys.size).toBe(2);
    expect(wallets(desk)).toHaveLength(1);
    expect((await desk.rotate(id, {}, { who: 'key_another' })).status).toBe(201);
    expect(desk.signingKms.keys.size).toBe(2);
  });

  it('makes no key for who comes when it is done, and leaves no intent open', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet({ custody: 'kms' });
    let rotated = false;
    const late = desk.open((request) => {
      // Between its first look at the wallet and its intent.
      if (JSON.stringify(request).includes('ROTATION#') && !rotated) {
        rotated = true;
        const row = { ...desk.row(id, 'WALLET'), status: 'rotated', successor_id: 'wal_2' };
        desk.dynamo.put('ledger', { ...row, ...walletKey(id) });
      }
      return undefined;
    });
    expect((await late.rotate(id)).json).toMatchObject({ error: 'INVALID_TRANSITION' });
    expect(desk.signingKms.keys.size).toBe(1);
    expect(desk.items('ledger').filter(({ gsi1pk }) => gsi1pk === 'OPEN_KMS_KEYS')).toEqual([]);
  });
});
