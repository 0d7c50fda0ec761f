import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { createUser } from '#shared/users/create-user.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { nthId } from '#test/support/fakes/redemption-desk.ts';
import { createTokenDesk } from '#test/support/fakes/token-desk.ts';

const INPUT = { external_id: 'customer-4711', email: 'ada.lovelace@example.com' };

/** Everything that creating users needs, before tables in memory. */
function provisioning() {
  const { deps: desk, dynamo, aws } = createTokenDesk();
  const counts = new Map<string, number>();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  let encryptions = 0;
  const deps = {
    ...desk,
    tables: { ...desk.tables, keys: 'keys' },
    metrics: metrics.metrics,
    encryptor: {
      encrypt: async () => {
        encryptions += 1;
        return new Uint8Array([2, 4, 120]);
      },
    },
    newId: (prefix: string) => {
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      return nthId(prefix, counts.get(prefix) ?? 0);
    },
  };
  const request = (key: string) =>
    idempotentContext({ log: log.log, idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: key } });
  return { deps, dynamo, aws, metrics, log, request, encryptions: () => encryptions };
}

const writesOf = ({ aws }: ReturnType<typeof provisioning>) =>
  aws.requests.filter(({ operation }) => operation === 'TransactWriteItems');

describe('creating a user', () => {
  it('makes user and wallet in one transaction, and shows them', async () => {
    const desk = provisioning();
    const user = await createUser(desk.deps, INPUT, desk.request('a'));
    expect(user).toEqual({
      ...INPUT,
      id: nthId('usr', 1),
      wallet_id: nthId('wal', 1),
      address: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      kyc_status: 'none',
      created_at: '2026-11-21T18:30:00.000Z',
      updated_at: '2026-11-21T18:30:00.000Z',
      version: 1,
    });
    expect(writesOf(desk)).toHaveLength(1);
    expect(desk.dynamo.items('keys')).toHaveLength(1);
    const wallet = await desk.deps.wallets.usable(user.wallet_id);
    expect(wallet).toMatchObject({ address: user.address, purpose: 'user' });
    expect(desk.metrics.counts()).toEqual({ UserCreated: 1, WalletCreated: 1 });
  });

  it('finds the wallet by its user', async () => {
    const desk = provisioning();
    const user = await createUser(desk.deps, INPUT, desk.request('a'));
    const tags = desk.dynamo.items('ledger').map(({ pk }) => pk);
    expect(tags).toContainEqual({ S: `WALLET_TAG#user_id=${user.id}` });
  });

  it('begins both audit streams, which verify', async () => {
    const desk = provisioning();
    const user = await createUser(desk.deps, INPUT, desk.request('a'));
    const audit = createAuditStore(desk.deps.client, 'audit');
    const entries = await audit.stored(user.id);
    expect(entries).toMatchObject([{ seq: 1, action: 'user.created', actor: 'key_tester' }]);
    expect(firstBreak(user.id, entries, await desk.deps.users.get(user.id).then(headOf))).toBeNull();
    expect(await audit.stored(user.wallet_id)).toMatchObject([{ seq: 1, action: 'wallet.created' }]);
  });

  it('leaves the e-mail address in the user and its answer only: in no log, audit entry, key or index', async () => {
    const desk = provisioning();
    await createUser(desk.deps, INPUT, desk.request('a'));
    expect(desk.log.everything()).not.toContain('ada.lovelace');
    expect(JSON.stringify(desk.dynamo.items('audit'))).not.toContain('ada.lovelace');
    const holders = desk.dynamo.items('ledger').filter((item) => JSON.stringify(item).includes('ada.lovelace'));
    expect(holders.map(({ sk }) => sk)).toEqual([{ S: 'USER' }]);
    for (const [name, value] of Object.entries(holders[0] ?? {})) {
      if (/^(pk|sk|gsi)/.test(name)) expect(JSON.stringify(value)).not.toContain('ada.lovelace');
    }
  });

  it('of an external id that is taken is USER_ALREADY_EXISTS, and stores no wallet and no key', async () => {
    const desk = provisioning();
    const first = await createUser(desk.deps, INPUT, desk.request('a'));
    const before = desk.dynamo.items('ledger').length;
    const error = await caughtLater(HavenError, () =>
      createUser(desk.deps, { ...INPUT, email: null }, desk.request('b')),
    );
    expect(error).toMatchObject({ code: 'USER_ALREADY_EXISTS', details: { user_id: first.id } });
    expect(desk.dynamo.items('ledger')).toHaveLength(before);
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });

  it('of one external id by twenty requests at once makes one user and one wallet', async () => {
    const desk = provisioning();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => createUser(desk.deps, INPUT, desk.request(`r${n}`))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'USER_ALREADY_EXISTS' });
    }
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });

  it('by the same request again is answered as the first time, without asking for another key', async () => {
    const desk = provisioning();
    const user = await createUser(desk.deps, INPUT, desk.request('a'));
    const replay = await caughtLater(IdempotentReplay, () => createUser(desk.deps, INPUT, desk.request('a')));
    expect(replay.answer).toEqual({ status: 201, body: user });
    expect(desk.encryptions()).toBe(1);
  });

  it('stores nothing when the key cannot be encrypted', async () => {
    const desk = provisioning();
    const encryptor = { encrypt: () => Promise.reject(new HavenError('INTERNAL', 'KMS is away')) };
    await caughtLater(HavenError, () => createUser({ ...desk.deps, encryptor }, INPUT, desk.request('a')));
    expect(writesOf(desk)).toEqual([]);
  });
});

function headOf(user: object): { audit_seq: number; audit_hash: string } {
  const { audit_seq, audit_hash } = Object(user);
  return { audit_seq, audit_hash };
}
