import { describe, expect, it } from 'vitest';
import { kmsKeyDescription } from '#shared/custody/kms/key-description.ts';
import { findOrphans, giveUpOrphan, type ListedKey, ORPHAN_AFTER_MS } from '#shared/custody/kms/orphan-keys.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const WALLET_ID = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const arn = (nth: number) => `arn:aws:kms:eu-central-1:000000000000:key/${nth}`;
const RECORD_KEY = 'IDEMPOTENCY#key_tester#route#k';

/** An account with keys, and a stage's tables. */
function account(...keys: readonly Partial<ListedKey>[]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], keys: ['pk'], audit: ['pk', 'seq'] });
  const clock = createFakeClock();
  const deleted: string[] = [];
  const listed = keys.map((key, index) => ({
    arn: arn(index + 1),
    description: kmsKeyDescription('test', WALLET_ID),
    createdAtMs: clock.now() - ORPHAN_AFTER_MS,
    isPendingDeletion: false,
    ...key,
  }));
  const deps = {
    client: scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request))),
    tables: { ledger: 'ledger', keys: 'keys', audit: 'audit' },
    inventory: {
      async *list() {
        yield* listed;
      },
      async scheduleDeletion(key: string) {
        deleted.push(key);
      },
    },
    stage: 'test',
    clock: clock.now,
  };
  const intend = (kmsKeyArn: string | null) =>
    dynamo.put('ledger', {
      pk: `KMS_KEY#${RECORD_KEY}`,
      sk: 'INTENT',
      wallet_id: WALLET_ID,
      kms_key_arn: kmsKeyArn,
      status: 'open',
      asked_at: '2026-11-21T00:00:00.000Z',
      version: 2,
      gsi1pk: 'OPEN_KMS_KEYS',
      gsi1sk: WALLET_ID,
    });
  const deadline = Deadline.in(1_000, clock.now);
  return { dynamo, deps, deleted, intend, deadline };
}

describe('a KMS key is an orphan', () => {
  it('when it was made for a wallet of the stage that was never stored', async () => {
    const { deps } = account({});
    expect(await findOrphans(deps)).toMatchObject([{ arn: arn(1), walletId: WALLET_ID, claim: undefined }]);
  });

  it('when the wallet has another key, and not when it has this one', async () => {
    const { deps, dynamo } = account({}, {});
    dynamo.put('keys', { pk: WALLET_ID, kms_key_arn: arn(2) });
    expect((await findOrphans(deps)).map((orphan) => orphan.arn)).toEqual([arn(1)]);
  });

  it.each<[string, Partial<ListedKey>]>([
    ['is too young', { createdAtMs: Date.parse('2100-01-01T00:00:00Z') }],
    ['is pending deletion', { isPendingDeletion: true }],
    ['is of another stage', { description: kmsKeyDescription('other', WALLET_ID) }],
    ['is of something else that only mentions a wallet', { description: `x${kmsKeyDescription('test', WALLET_ID)}` }],
    ['is the wallet key', { description: 'Haven test: encrypts wallet keys.' }],
  ])('but not one that %s', async (_name, key) => {
    expect(await findOrphans(account(key).deps)).toEqual([]);
  });
});

describe('giving up an orphan', () => {
  it('has KMS delete it', async () => {
    const { deps, deleted, deadline } = account({});
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    expect(await giveUpOrphan(deps, orphan, deadline)).toBeUndefined();
    expect(deleted).toEqual([arn(1)]);
  });

  it('first takes the claim of the request that would go on with it', async () => {
    const { deps, dynamo, intend, deleted, deadline } = account({});
    intend(arn(1));
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    expect(orphan.claim?.recordKey).toBe(RECORD_KEY);
    await giveUpOrphan(deps, orphan, deadline);
    expect(dynamo.items('ledger')).toMatchObject([{ status: { S: 'closed' }, version: { N: '3' } }]);
    expect(deleted).toEqual([arn(1)]);
  });

  it('leaves it alone when that request is at it again', async () => {
    const { deps, intend, dynamo, deleted, deadline } = account({});
    intend(arn(1));
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    dynamo.put('ledger', { pk: `KMS_KEY#${RECORD_KEY}`, sk: 'INTENT', version: 9 });
    const error = await caughtLater(HavenError, () => giveUpOrphan(deps, orphan, deadline));
    expect(error.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    expect(deleted).toEqual([]);
  });

  it('leaves it alone when it has become the wallet’s meanwhile', async () => {
    const { deps, dynamo, deleted, deadline } = account({});
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    dynamo.put('keys', { pk: WALLET_ID, kms_key_arn: arn(1) });
    expect(await giveUpOrphan(deps, orphan, deadline)).toBe('its_wallets');
    expect(deleted).toEqual([]);
  });

  it.each<[string, string, (dynamo: ReturnType<typeof account>['dynamo']) => void]>([
    [
      'the key table was restored to before it: the ledger has the wallet',
      'wallet_without_key',
      (dynamo) => dynamo.put('ledger', { pk: `WALLET#${WALLET_ID}`, sk: 'WALLET' }),
    ],
    [
      'both tables were restored to before it: the audit stream of the wallet names the key',
      'on_record',
      (dynamo) =>
        dynamo.put('audit', { pk: WALLET_ID, seq: 1, action: 'wallet.created', detail: { kms_key_arn: arn(1) } }),
    ],
  ])('leaves it alone, with its claim, when %s', async (_name, why, restore) => {
    const { deps, dynamo, intend, deleted, deadline } = account({});
    intend(arn(1));
    restore(dynamo);
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    expect(await giveUpOrphan(deps, orphan, deadline)).toBe(why);
    expect(deleted).toEqual([]);
    expect((await findOrphans(deps))[0]?.claim?.intent.status).toBe('open');
  });

  it('deletes the second key of a wallet that has the first: its maker asked KMS twice', async () => {
    const { deps, dynamo, deleted, deadline } = account({}, {});
    dynamo.put('ledger', { pk: `WALLET#${WALLET_ID}`, sk: 'WALLET' });
    dynamo.put('keys', { pk: WALLET_ID, kms_key_arn: arn(2) });
    dynamo.put('audit', { pk: WALLET_ID, seq: 1, action: 'wallet.created', detail: { kms_key_arn: arn(2) } });
    const [orphan] = await findOrphans(deps);
    if (orphan === undefined) throw new Error('No orphan');
    expect(await giveUpOrphan(deps, orphan, deadline)).toBeUndefined();
    expect(deleted).toEqual([arn(1)]);
  });
});
