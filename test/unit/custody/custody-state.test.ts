import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import {
  auditHeadOf,
  type CustodyChange,
  type CustodyState,
  changeCustody,
  custodyKey,
  custodyStateSchema,
  readCustodyState,
  recordKeyUse,
} from '#shared/custody/custody-state.ts';
import { putWallet } from '#shared/custody/wallet-store.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo, plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const AT = '2026-11-21T18:30:00.000Z';
const CONTENT = { action: 'key.used', actor: 'tester', severity: 'INFO', request_id: 'r', detail: {} } as const;

class Lost extends Error {}

/** A wallet as it is when it was made, and nothing else of it. */
async function madeWallet(paused = false) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'] });
  const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
  const { head } = nextEntry(TEST_WALLET.id, emptyHead(TEST_WALLET.id), CONTENT, AT);
  const write = new WriteTransaction();
  putWallet(write, 'ledger', storedWallet({ paused }), head);
  await write.commit(client, DEADLINE);
  const read = async (): Promise<CustodyState> => {
    const state = await readCustodyState(client, 'ledger', TEST_WALLET.id);
    if (state === undefined) throw new Error('The test wallet has no state');
    return state;
  };
  const commit = async (add: (write: WriteTransaction) => void) => {
    const change = new WriteTransaction();
    add(change);
    return change.commit(client, DEADLINE).then(
      () => 'won',
      (error: unknown) => (error instanceof Lost ? 'lost' : Promise.reject(error)),
    );
  };
  const change = (before: CustodyState, what: Omit<CustodyChange, 'before' | 'head'> = {}) => {
    const next = nextEntry(TEST_WALLET.id, auditHeadOf(before), CONTENT, AT).head;
    return commit((add) =>
      changeCustody(add, 'ledger', TEST_WALLET.id, { before, head: next, ...what }, () => new Lost()),
    );
  };
  const use = (before: CustodyState) =>
    commit((add) =>
      recordKeyUse(add, { ledger: 'ledger', audit: 'audit' }, TEST_WALLET.id, before, CONTENT, AT, () => new Lost()),
    );
  const row = () =>
    dynamo
      .items('ledger')
      .map(plainItem)
      .find(({ sk }) => sk === 'CUSTODY');
  return { read, change, use, row, head, dynamo };
}

describe('the key state of a wallet that nothing was done with', () => {
  it.each([false, true])('has no row, and is as the wallet was made: paused %j', async (paused) => {
    const { read, row, head } = await madeWallet(paused);
    expect(row()).toBeUndefined();
    expect(await read()).toEqual({ status: 'active', paused, ...head });
  });

  it('gets its row with the first change, in a partition that who makes wallets may not write', async () => {
    const { read, change, row } = await madeWallet();
    expect(await change(await read(), { set: { paused: true } })).toBe('won');
    expect(row()).toMatchObject({ pk: `CUSTODY#${TEST_WALLET.id}`, status: 'active', paused: true, audit_seq: 2 });
    expect(await read()).toEqual(custodyStateSchema.parse(row()));
  });

  it('is changed by one of two who read it alike', async () => {
    const { read, change, use } = await madeWallet();
    const before = await read();
    expect(await use(before)).toBe('won');
    expect(await use(before)).toBe('lost');
    expect(await change(before, { set: { paused: true } })).toBe('lost');
    expect(await change(await read())).toBe('won');
    expect((await read()).audit_seq).toBe(3);
  });

  it('lets no key be used of a wallet that was made paused, or while it is paused', async () => {
    const made = await madeWallet(true);
    expect(await made.use(await made.read())).toBe('lost');
    const later = await madeWallet();
    const before = await later.read();
    await later.change(before, { set: { paused: true } });
    expect(await later.use(before)).toBe('lost');
    expect(await later.use(await later.read())).toBe('lost');
  });

  it('is not made where the change is for revoked wallets', async () => {
    const { read, change, row } = await madeWallet();
    expect(await change(await read(), { must: { status: 'revoked' } })).toBe('lost');
    expect(row()).toBeUndefined();
  });
});

describe('a key state that is stored', () => {
  it('counts, whatever the wallet row says: who puts wallets again ends no pause', async () => {
    const { read, change, dynamo, use } = await madeWallet();
    await change(await read(), { set: { paused: true } });
    dynamo.put('ledger', { pk: `WALLET#${TEST_WALLET.id}`, sk: 'WALLET', ...storedWallet(), first_entry_hash: '00' });
    expect(await read()).toMatchObject({ paused: true, audit_seq: 2 });
    expect(await use(await read())).toBe('lost');
  });

  it('is not made anew when its row is gone', async () => {
    const { read, change, dynamo } = await madeWallet();
    await change(await read());
    const before = await read();
    const other = await madeWallet();
    expect(await other.change(before)).toBe('lost');
    expect(dynamo.items('ledger').length).toBe(other.dynamo.items('ledger').length + 1);
  });

  it('keeps what a change does not name', async () => {
    const { read, change } = await madeWallet();
    await change(await read(), { set: { status: 'revoked', key_destroyed_at: AT } });
    await change(await read());
    expect(await read()).toMatchObject({ status: 'revoked', paused: false, key_destroyed_at: AT, audit_seq: 3 });
    expect(await change(await read(), { must: { hasKey: true } })).toBe('lost');
  });
});

describe('key states', () => {
  it('are written by custody-state.ts and nowhere else: what updates the row itself fails for wallets that have none yet', () => {
    const uses = ['shared', 'functions'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && readFileSync(join(folder, file), 'utf8').includes(custodyKey.name))
        .map((file) => join(folder, file)),
    );
    expect(uses.sort()).toEqual([
      'shared/custody/custody-state.ts',
      // These read it together with other rows.
      'shared/custody/deposit-pool/retire-unusable.ts',
      'shared/custody/wallet-store.ts',
      'shared/transactions/lane/dynamo-lane-store.ts',
      'shared/transactions/top-up/send-top-ups.ts',
    ]);
  });
});
