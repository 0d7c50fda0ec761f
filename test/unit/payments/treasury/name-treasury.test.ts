import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { nameTreasury } from '#shared/payments/treasury/name-treasury.ts';
import { TREASURY_STREAM } from '#shared/payments/treasury/treasury.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { storedWallet, TEST_RECIPIENT, TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createTokenDesk } from '#test/support/fakes/token-desk.ts';

const request = (key: string, ifMatchVersion?: number) =>
  idempotentContext({ ifMatchVersion, idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: key } });

/** A desk with a second treasury wallet and a wallet of a user. */
function desk() {
  const made = createTokenDesk();
  for (const [id, purpose] of [
    ['wal_second', 'treasury'],
    ['wal_user', 'user'],
    ['wal_deposit', 'deposit'],
  ] as const) {
    made.dynamo.put('ledger', { ...walletKey(id), ...storedWallet({ id, purpose, address: TEST_RECIPIENT }) });
  }
  return made;
}

describe('naming the treasury', () => {
  it('shows what was named, and is TREASURY_NOT_CONFIGURED before', async () => {
    const { deps } = desk();
    expect((await caughtLater(HavenError, () => deps.treasury.get())).code).toBe('TREASURY_NOT_CONFIGURED');
    const named = await nameTreasury(deps, TEST_WALLET.id, request('a'));
    expect(named).toMatchObject({ wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, version: 1 });
    expect(await deps.treasury.get()).toMatchObject(named);
  });

  it('again gives the next version and the next entry of one audit stream', async () => {
    const { deps } = desk();
    await nameTreasury(deps, TEST_WALLET.id, request('a'));
    expect(await nameTreasury(deps, 'wal_second', request('b', 1))).toMatchObject({ version: 2 });
    const entries = await createAuditStore(deps.client, 'audit').stored(TREASURY_STREAM);
    expect(entries).toMatchObject([
      { seq: 1, action: 'treasury.named', actor: 'key_tester', severity: 'WARNING' },
      { seq: 2, detail: { wallet_id: 'wal_second', address: TEST_RECIPIENT, instead_of: TEST_WALLET.id } },
    ]);
    expect(firstBreak(TREASURY_STREAM, entries, await deps.treasury.get())).toBeNull();
  });

  it.each([
    ['a user', 'wal_user'],
    ['an order', 'wal_deposit'],
  ])('refuses the wallet of %s, naming the field', async (_whose, id) => {
    const { deps } = desk();
    const error = await caughtLater(HavenError, () => nameTreasury(deps, id, request('a')));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'body.wallet_id' }] } });
  });

  it('refuses a wallet that is not there', async () => {
    const { deps } = desk();
    const error = await caughtLater(HavenError, () => nameTreasury(deps, 'wal_none', request('a')));
    expect(error.code).toBe('WALLET_NOT_FOUND');
  });

  it.each([
    ['revoked', {}, 'WALLET_REVOKED'],
    ['rotated', { successor_id: 'wal_second' }, 'WALLET_ROTATED'],
  ] as const)(
    'refuses a wallet that was %s by the time it is written, and stores nothing',
    async (status, more, code) => {
      const { deps, dynamo } = desk();
      dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody({ status, ...more }) });
      const error = await caughtLater(HavenError, () => nameTreasury(deps, TEST_WALLET.id, request('a')));
      expect(error).toMatchObject({ code, details: { wallet_id: TEST_WALLET.id } });
      expect((await caughtLater(HavenError, () => deps.treasury.get())).code).toBe('TREASURY_NOT_CONFIGURED');
    },
  );

  it('names a paused wallet: a pause ends, and takes nothing in meanwhile', async () => {
    const { deps, dynamo } = desk();
    dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody({ paused: true }) });
    expect(await nameTreasury(deps, TEST_WALLET.id, request('a'))).toMatchObject({ version: 1 });
  });

  it('with If-Match for another version is VERSION_MISMATCH', async () => {
    const { deps } = desk();
    const error = await caughtLater(HavenError, () => nameTreasury(deps, TEST_WALLET.id, request('a', 1)));
    expect(error.code).toBe('VERSION_MISMATCH');
  });

  it('is WRITE_CONFLICT when somebody else named one first', async () => {
    const { deps } = desk();
    await nameTreasury(deps, TEST_WALLET.id, request('a'));
    const stale = { get: async () => ({ ...(await deps.treasury.get()), version: 0 }) };
    const error = await caughtLater(HavenError, () =>
      nameTreasury({ ...deps, treasury: stale }, 'wal_second', request('b')),
    );
    expect(error.code).toBe('WRITE_CONFLICT');
  });

  it('by the same request again is answered as the first time', async () => {
    const { deps } = desk();
    const body = await nameTreasury(deps, TEST_WALLET.id, request('a'));
    const replay = await caughtLater(IdempotentReplay, () => nameTreasury(deps, TEST_WALLET.id, request('a')));
    expect(replay.answer).toEqual({ status: 200, body });
    expect(await deps.treasury.get()).toMatchObject({ version: 1 });
  });
});
