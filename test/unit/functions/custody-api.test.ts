import { describe, expect, it } from 'vitest';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { transactionItem } from '#shared/transactions/ledger-items.ts';
import { AUDIT_CONTENT } from '#test/support/fakes/audit-stream.ts';
import {
  queued,
  storedWallet,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';
import { createOneApi } from '#test/support/fakes/one-api.ts';
import { nthId, storedUser, userRow } from '#test/support/fakes/redemption-desk.ts';

describe('custody-api', () => {
  const wallets = [
    storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0001', tags: { team: 'a:b' } }),
    storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0002', purpose: 'user', address: TEST_RECIPIENT }),
  ];

  function withWallets() {
    const custody = createOneApi('custody-api');
    for (const wallet of wallets) {
      const indexes = {
        gsi1pk: 'WALLETS',
        gsi1sk: wallet.id,
        gsi2pk: `WALLETS#${wallet.purpose}#active`,
        gsi2sk: wallet.id,
      };
      custody.desk.dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet, ...indexes });
    }
    custody.desk.dynamo.put('ledger', { pk: 'WALLET_TAG#team=a:b', sk: wallets[0]?.id });
    return custody;
  }

  it('lists by every filter; a tag may have a colon in its value', async () => {
    const { idsOf } = withWallets();
    const list = (query: Record<string, readonly string[]>) => idsOf({ path: '/admin/wallets', query });
    expect(await list({})).toEqual([wallets[1]?.id, wallets[0]?.id]);
    expect(await list({ purpose: ['user'] })).toEqual([wallets[1]?.id]);
    expect(await list({ tag: ['team:a:b'] })).toEqual([wallets[0]?.id]);
  });

  it('shows a wallet without anything of its key or its audit head', async () => {
    const { ask } = withWallets();
    const shown = await ask({ path: '/admin/wallets/{id}', params: { id: wallets[1]?.id ?? '' } });
    expect(shown).toEqual(wallets[1]);
  });

  it('verifies the stream of a wallet against its custody state', async () => {
    const { ask, desk } = withWallets();
    const { entry, head } = nextEntry(
      TEST_WALLET.id,
      emptyHead(TEST_WALLET.id),
      AUDIT_CONTENT,
      '2026-11-21T18:30:00.000Z',
    );
    const { stream, seq, ...rest } = entry;
    const row = { pk: stream, seq, ...rest, ...indexAttributesOf(entry) };
    desk.dynamo.put('audit', row);
    desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(head) });
    const request = { method: 'POST', path: '/admin/audit/verify', body: { wallet_id: TEST_WALLET.id } };
    expect(await ask(request)).toEqual({
      stream: TEST_WALLET.id,
      verified: true,
      entries: 1,
      first_break: null,
      anchored: { seq: 0, through: null, broken_anchor: null },
      next_cursor: null,
    });
    desk.dynamo.put('audit', { ...row, actor: 'someone else' });
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'edited' } });
  });

  it('verifies the stream of a transaction against the transaction', async () => {
    const { ask, desk, auditMetrics } = withWallets();
    desk.dynamo.put('ledger', transactionItem(queued(1)));
    const request = { method: 'POST', path: '/admin/audit/verify', body: { transaction_id: transactionId(1) } };
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'truncated' } });
    expect(auditMetrics.counts()).toEqual({ AuditBroken: 1 });
  });

  it('verifies the streams of a user and of a redemption against themselves', async () => {
    const { ask, desk } = withWallets();
    desk.dynamo.put('ledger', userRow(storedUser()));
    const verify = (body: unknown) => ask({ method: 'POST', path: '/admin/audit/verify', body });
    expect(await verify({ user_id: nthId('usr', 1) })).toMatchObject({ stream: nthId('usr', 1), verified: true });
    expect(await verify({ user_id: nthId('usr', 2) })).toMatchObject({ error: 'USER_NOT_FOUND' });
    expect(await verify({ redemption_id: nthId('red', 1) })).toMatchObject({ error: 'REDEMPTION_NOT_FOUND' });
  });

  it.each([
    ['neither', {}],
    ['both', { wallet_id: TEST_WALLET.id, transaction_id: transactionId(1) }],
  ])('verifies no stream when %s is named', async (_name, body) => {
    const { send } = withWallets();
    const response = await send({ method: 'POST', path: '/admin/audit/verify', body, scopes: '*' });
    expect(response.statusCode).toBe(400);
  });
});
