import { describe, expect, it } from 'vitest';
import type { ImportHeader, RowOutcome } from '#shared/custody/import/import-journal.ts';
import { importKeys, SettledRows } from '#shared/custody/import/import-keys.ts';
import { importedWalletId } from '#shared/custody/import/imported-id.ts';
import { addressKey, walletKey } from '#shared/custody/ledger-keys.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const KEY = new Uint8Array(32).fill(7);
const ADDRESS = addressOf(KEY);
const OTHER = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const HEADER: ImportHeader = {
  haven_import: 1,
  import_id: 'f3b0c442-98fc-4c14-9afb-f4c8996fb924',
  started_at_ms: TEST_NOW_MS,
  source_sha256: 'e3b0',
  stage: 'local',
  account: '000000000000',
  region: 'eu-central-1',
  purpose: 'user',
  tags: {},
  paused: false,
  reading: '{}',
};
const OWN = importedWalletId(HEADER.import_id, HEADER.started_at_ms, ADDRESS);

const wallet = (id: string, more: object = {}) => ({
  ...walletKey(id),
  ...{ id, address: ADDRESS, purpose: 'user', custody: 'envelope', status: 'revoked', paused: false, label: null },
  ...{ tags: {}, created_at: '2026-11-22T00:00:00.000Z', version: 1, ...more },
});

/** Imports a file of one key into a ledger with these rows. */
async function importing(rows: readonly object[], isWriting: boolean) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], keys: ['pk'], audit: ['pk', 'seq'] });
  for (const row of rows) dynamo.put('ledger', row);
  const encrypted: unknown[] = [];
  const settled: RowOutcome[] = [];
  async function* source() {
    const bytes = Buffer.from(Buffer.from(KEY).toString('hex'));
    yield { line: 2, fields: { key: { bytes, isBinary: false }, address: undefined, label: undefined } };
  }
  await importKeys(
    {
      client: scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request))),
      tables: { ledger: 'ledger', keys: 'keys', audit: 'audit' },
      encryptor: {
        async encrypt(_key, context) {
          encrypted.push(context);
          return Uint8Array.of(1);
        },
      },
      clock: () => TEST_NOW_MS,
      settle: (outcome) => settled.push(outcome),
    },
    source(),
    new SettledRows(),
    { header: HEADER, encoding: 'hex', pace: { concurrency: 1, perSecond: 1_000 }, actor: 'someone', isWriting },
  );
  return { settled, encrypted, keys: dynamo.items('keys') };
}

const taken = (id: string) => ({ ...addressKey(ADDRESS), wallet_id: id });

describe.each([
  ['an import', true],
  ['a dry run', false],
])('%s', (_name, isWriting) => {
  it.each<[string, readonly object[]]>([
    ['is there no more, or never was', [taken(OTHER)]],
    ['has no key any more', [taken(OTHER), wallet(OTHER, { key_destroyed_at: '2026-11-22T01:00:00.000Z' })]],
    ['has another address', [taken(OTHER), wallet(OTHER, { address: `0x${'0'.repeat(40)}` })]],
    ['is no wallet that Haven wrote', [taken(OTHER), { ...walletKey(OTHER), status: 'active' }]],
  ])('refuses a key whose address is that of a wallet which %s: it must not pass for safe', async (_why, rows) => {
    const { settled, encrypted, keys } = await importing(rows, isWriting);
    expect(settled).toEqual([
      { line: 2, outcome: 'refused', reason: 'wallet_has_no_key', address: ADDRESS, wallet_id: OTHER },
    ]);
    expect([encrypted, keys]).toEqual([[], []]);
  });

  it('says that a wallet is already there which is, revoked or not', async () => {
    const { settled } = await importing([taken(OTHER), wallet(OTHER)], isWriting);
    expect(settled).toEqual([{ line: 2, outcome: 'already_there', address: ADDRESS, wallet_id: OTHER }]);
  });
});

describe('an import that was ended and goes on', () => {
  it('has imported what it stored before', async () => {
    const { settled } = await importing([taken(OWN), wallet(OWN)], true);
    expect(settled).toEqual([{ line: 2, outcome: 'imported', address: ADDRESS, wallet_id: OWN }]);
  });

  it('has not imported what was destroyed since', async () => {
    const { settled } = await importing([taken(OWN), wallet(OWN, { key_destroyed_at: '2026-11-22' })], true);
    expect(settled).toMatchObject([{ outcome: 'refused', reason: 'wallet_has_no_key' }]);
  });
});
