import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { addWallet, makeWallet } from '#shared/custody/create-wallet.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import {
  type MoveOutcome,
  type ReencryptDependencies,
  reencryptKeys,
} from '#shared/custody/maintenance/reencrypt-keys.ts';
import { readStoredKey } from '#shared/custody/maintenance/stored-key.ts';
import { walletIds } from '#shared/custody/maintenance/walk-wallets.ts';
import { createEnvelopeSigner } from '#shared/custody/signer.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newId } from '#shared/platform/ids.ts';
import { type InProcess, inProcess, stageAudit } from '#test/support/in-process.ts';
import { runKeysCommand } from '#test/support/keys-command.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { localHaven } from '#test/support/local-haven.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const WALLETS = 24;
const DIGEST = new Uint8Array(32).fill(7);
const PACE = { concurrency: 4, perSecond: 1_000 };
const SEED = 20_261_122;

let tables: LabTables;
let parts: InProcess;
let oldKey: string;
let newKey: string;
let wallets: readonly Wallet[];
beforeAll(async () => {
  const haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
  parts = await inProcess(haven, { tables: tables.names });
  [oldKey, newKey] = [await createKey(), await createKey()];
  wallets = await Promise.all(Array.from({ length: WALLETS }, addOne));
});
afterAll(() => tables.drop());

async function createKey(): Promise<string> {
  const { KeyMetadata } = await parts.kms.send(new CreateKeyCommand({}));
  return KeyMetadata?.Arn ?? '';
}

/** A wallet under the old KMS key. */
async function addOne(): Promise<Wallet> {
  const encryptor = createKmsKeyEncryptor(oldKey, dataKeyClient(parts.kms));
  const made = await makeWallet(
    { encryptor, clock: systemClock, newId },
    { purpose: 'user', custody: 'envelope', label: null, tags: {} },
  );
  const write = new WriteTransaction();
  const context = parts.context();
  addWallet(write, parts.tables, made, context);
  await write.commit(parts.client, context.deadline);
  return made.wallet;
}

const decryptorOf = (...arns: string[]) => createKmsKeyDecryptor(arns, decryptClient(parts.kms));

function dependencies(): ReencryptDependencies {
  return {
    client: parts.client,
    tables: parts.tables,
    clock: systemClock,
    decryptor: decryptorOf(newKey, oldKey),
    encryptor: createKmsKeyEncryptor(newKey, dataKeyClient(parts.kms)),
  };
}

async function move(deps = dependencies(), isWriting = true): Promise<MoveOutcome[]> {
  const outcomes: MoveOutcome[] = [];
  const options = {
    to: newKey,
    kmsKeyArns: [newKey, oldKey],
    pace: PACE,
    actor: 'arn:aws:iam::1:user/a',
    runId: 'run',
    isWriting,
  };
  await reencryptKeys(deps, walletIds(parts.client, parts.tables.ledger), options, (one) => outcomes.push(one));
  return outcomes;
}

async function kmsKeys(): Promise<string[]> {
  const stored = await Promise.all(wallets.map(({ id }) => readStoredKey(parts, id)));
  return stored.map((one) => (typeof one === 'object' && 'kmsKeys' in one ? one.kmsKeys.join() : String(one)));
}

/** Each wallet's stream verifies against its head. */
async function expectWholeStreams(): Promise<void> {
  const store = createWalletStore(parts.client, parts.tables.ledger);
  for (const { id } of wallets) {
    const head = auditHeadOf(await store.custodyState(id));
    expect(firstBreak(id, await stageAudit(parts).stored(id), head)).toBeNull();
  }
}

const count = (outcomes: readonly MoveOutcome[], outcome: MoveOutcome['outcome']) =>
  outcomes.filter((one) => one.outcome === outcome).length;

describe('moving keys to another KMS key', () => {
  it('says what it would move, and moves nothing, in a dry run', async () => {
    const outcomes = await move(dependencies(), false);
    expect(count(outcomes, 'movable')).toBe(WALLETS);
    expect(new Set(await kmsKeys())).toEqual(new Set([oldKey]));
  });

  it('goes on where it was when it fails on the way, while workers with old ciphertexts in memory go on signing', async () => {
    const worker = createEnvelopeSigner(createKeyReader(parts.client, parts.tables.keys), decryptorOf(newKey, oldKey));
    for (const wallet of wallets) await worker.sign(wallet, [DIGEST]);
    const random = seededRandom(SEED);
    let left = 0;
    const deps = dependencies();
    const dying: ReencryptDependencies = {
      ...deps,
      encryptor: {
        encrypt: (key, context) => {
          left -= 1;
          return left < 0 ? Promise.reject(new Error('died')) : deps.encryptor.encrypt(key, context);
        },
      },
    };
    let moved = 0;
    for (let death = 0; death < 3; death += 1) {
      left = 2 + Math.floor(random() * 5);
      await expect(move(dying)).rejects.toThrow('died');
      const now = (await kmsKeys()).filter((arn) => arn === newKey).length;
      expect(now).toBeGreaterThan(moved);
      moved = now;
      for (const wallet of wallets) expect(await worker.sign(wallet, [DIGEST])).toHaveLength(1);
    }
    expect(moved).toBeLessThan(WALLETS);
    const last = await move();
    expect([count(last, 'moved'), count(last, 'already_there')]).toEqual([WALLETS - moved, moved]);
    expect(new Set(await kmsKeys())).toEqual(new Set([newKey]));
    for (const wallet of wallets) expect(await worker.sign(wallet, [DIGEST])).toHaveLength(1);
  }, 120_000);

  it('tells each wallet’s stream once of its move', async () => {
    await expectWholeStreams();
    for (const { id } of wallets) {
      const entries = await stageAudit(parts).entries(id);
      expect(entries.map(({ action }) => action)).toEqual(['wallet.created', 'key.reencrypted']);
      expect(entries[1]).toMatchObject({ actor: 'arn:aws:iam::1:user/a', detail: { from: [oldKey], to: newKey } });
    }
  });

  it('leaves the old KMS key to be disabled: workers that remember old ciphertexts read them again', async () => {
    // One worker whose memory is from before the move.
    const [wallet] = wallets;
    if (wallet === undefined) throw new Error('no wallet');
    const inMemory = await createKmsKeyEncryptor(oldKey, dataKeyClient(parts.kms)).encrypt(new Uint8Array(32).fill(1), {
      wallet_id: wallet.id,
      address: wallet.address,
      purpose: wallet.purpose,
    });
    const reader = createKeyReader(parts.client, parts.tables.keys);
    const worker = createEnvelopeSigner(
      { read: async (id, from = 'memory') => (from === 'memory' ? inMemory : reader.read(id, 'table')) },
      decryptorOf(newKey, oldKey),
    );
    await parts.kms.send(new DisableKeyCommand({ KeyId: oldKey }));
    expect(await worker.sign(wallet, [DIGEST])).toHaveLength(1);
    const verified = await move();
    expect(count(verified, 'already_there')).toBe(WALLETS);
  });
});

describe('two moves at once', () => {
  it('replace each ciphertext once, and break no stream', async () => {
    const third = await createKey();
    const options = { to: third, kmsKeyArns: [third, newKey], pace: PACE, actor: 'a', runId: 'r', isWriting: true };
    const deps = {
      ...dependencies(),
      decryptor: decryptorOf(third, newKey),
      encryptor: createKmsKeyEncryptor(third, dataKeyClient(parts.kms)),
    };
    const outcomes: MoveOutcome[] = [];
    const one = () =>
      reencryptKeys(deps, walletIds(parts.client, parts.tables.ledger), options, (outcome) => outcomes.push(outcome));
    await Promise.all([one(), one()]);
    expect(count(outcomes, 'moved')).toBe(WALLETS);
    expect(count(outcomes, 'moved') + count(outcomes, 'raced') + count(outcomes, 'already_there')).toBe(2 * WALLETS);
    await expectWholeStreams();
    const worker = createEnvelopeSigner(createKeyReader(parts.client, parts.tables.keys), decryptorOf(third));
    for (const wallet of wallets) expect(await worker.sign(wallet, [DIGEST])).toHaveLength(1);
  }, 60_000);

  it('moves no key from a KMS key that the stage does not list', async () => {
    const [wallet] = wallets;
    if (wallet === undefined) throw new Error('no wallet');
    const unlisted: MoveOutcome[] = [];
    const options = { to: newKey, kmsKeyArns: [newKey], pace: PACE, actor: 'a', runId: 'r', isWriting: true };
    const ids = async function* () {
      yield wallet.id;
    };
    await reencryptKeys(dependencies(), ids(), options, (outcome) => unlisted.push(outcome));
    expect(unlisted.map(({ outcome }) => outcome)).toEqual(['unknown_kms_key']);
  });
});

describe('npm run keys:reencrypt', () => {
  it('moves to the wallet key of the stage only, leaves what is there, and is on record', async () => {
    const haven = localHaven();
    const reencrypt = (...args: string[]) => runKeysCommand(haven, ['reencrypt', '--stage', 'local', ...args]);
    const refused = await reencrypt('--to', newKey);
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('is not the wallet key of the stage')]);
    const present = /arn:aws:kms:[\w:/-]*\w/.exec(refused.stderr)?.[0] ?? '';
    const { id } = await haven.client.createWallet({ body: { purpose: 'user' } });
    for (const mode of [[], ['--write']]) {
      const run = await reencrypt('--to', present, '--wallet', id, ...mode);
      expect([run.code, run.stdout]).toEqual([0, '1 already there\n']);
    }
    expect(await haven.client.verifyAudit({ body: { key_commands: true } })).toMatchObject({ verified: true });
  }, 120_000);
});
