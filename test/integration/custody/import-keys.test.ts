import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { walletAt } from '#shared/custody/import/import-wallet.ts';
import { KEY_ENCODINGS } from '#test/support/fakes/key-encodings.ts';
import { type InProcess, inProcess, stageAudit } from '#test/support/in-process.ts';
import { linesOf, runKeysCommand } from '#test/support/keys-command.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { csvFile, importArgs, newKeys, readReport } from '#test/support/old-keys.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const KEYS = 300;
const KILLS = 3;
const CONCURRENCY = 8;
const SEED = 20_261_122;

let haven: LocalHaven;
let parts: InProcess;
let folder: string;
/** Of the wallets of the import that is killed. */
const tag = `killed${Date.now()}`;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  folder = mkdtempSync(join(tmpdir(), 'haven-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = ['--address-column', 'address', '--label-column', 'name', '--write'];

/** The wallets with a tag. */
async function tagged(value: string): Promise<string[]> {
  const { Items = [] } = await parts.client.send(
    new QueryCommand({
      TableName: parts.tables.ledger,
      KeyConditionExpression: 'pk = :tag',
      ExpressionAttributeValues: { ':tag': `WALLET_TAG#source=${value}` },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => z.object({ sk: z.string() }).parse(item).sk);
}

async function everyTable(): Promise<string> {
  const texts: string[] = [];
  for (const TableName of Object.values(parts.tables)) {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await parts.client.send(new ScanCommand({ TableName, ExclusiveStartKey }));
      for (const item of page.Items ?? []) {
        texts.push(
          JSON.stringify(item, (_name, value) =>
            value instanceof Uint8Array
              ? `${Buffer.from(value).toString('latin1')} ${Buffer.from(value).toString('hex')}`
              : value,
          ),
        );
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
  return texts.join('\n');
}

describe(`${KEYS} keys, imported by a command that is killed ${KILLS} times`, () => {
  const keys = newKeys(KEYS);
  const said: string[] = [];
  let file: string;
  let journal: string;
  let report: string;

  beforeAll(async () => {
    file = csvFile(folder, 'killed.csv', keys, `x,${'ab'.repeat(31)},,short\r\ny,0x${keys[3]?.hex},,twice\r\n`);
    journal = `${file}.local.haven-import`;
    report = join(folder, 'killed.json');
    const args = importArgs(
      file,
      ...written,
      '--tag',
      `source=${tag}`,
      '--concurrency',
      String(CONCURRENCY),
      '--rate',
      '500',
      '--report',
      report,
    );
    const random = seededRandom(SEED);
    let lines = 1;
    for (let kill = 0; kill < KILLS; kill += 1) {
      lines += 10 + Math.floor(random() * 70);
      const run = await runKeysCommand(haven, args, { journal, lines });
      expect(run.code).toBe(null);
      said.push(run.stdout, run.stderr);
    }
    expect(linesOf(journal)).toBeLessThan(KEYS);
    const last = await runKeysCommand(haven, args);
    said.push(last.stdout, last.stderr);
    expect(last.code).toBe(1);
  }, 300_000);

  it('has a wallet of every key, and no key twice', async () => {
    const ids = await tagged(tag);
    expect(new Set(ids).size).toBe(KEYS);
    const found = await Promise.all(keys.map(({ address }) => walletAt(parts.client, parts.tables.ledger, address)));
    expect([...found].sort()).toEqual([...ids].sort());
  });

  it('reports every row once, by address, as imported or refused with its line and reason', () => {
    const { rows } = readReport(report);
    expect(rows.map(({ line }) => line).sort((a, b) => a - b)).toEqual(
      Array.from({ length: KEYS + 2 }, (_, nth) => nth + 2),
    );
    const imported = rows.filter(({ outcome }) => outcome === 'imported').map(({ address }) => address);
    expect([...imported].sort()).toEqual(keys.map(({ address }) => address).sort());
    const refused = rows.filter(({ outcome }) => outcome === 'refused');
    expect([...refused].sort((a, b) => a.line - b.line)).toEqual([
      { line: KEYS + 2, outcome: 'refused', address: null, reason: 'key_bad_length' },
      { line: KEYS + 3, outcome: 'refused', address: keys[3]?.address, reason: 'duplicate_in_source', first_line: 5 },
    ]);
  });

  it('stores each as the provisioner would, with an audit entry that names who imported it and what from', async () => {
    const [id] = await tagged(tag);
    if (id === undefined) throw new Error('no wallet');
    const wallet = await haven.client.getWallet({ params: { id } });
    expect(wallet).toMatchObject({
      purpose: 'user',
      custody: 'envelope',
      status: 'active',
      label: expect.stringMatching(/^customer \d+$/),
    });
    const [entry] = await stageAudit(parts).entries(id);
    expect(entry).toMatchObject({
      action: 'wallet.imported',
      actor: 'arn:aws:iam::000000000000:root',
      detail: { address: wallet.address, source: expect.stringMatching(/^import:[0-9a-f]{64}$/) },
    });
    const commands = await stageAudit(parts).entries('custody:commands');
    const ofThis = commands.filter(({ request_id }) => request_id === entry?.request_id).map(({ action }) => action);
    expect(ofThis).toEqual([...Array.from({ length: KILLS + 1 }, () => 'keys.import_started'), 'keys.import_finished']);
  });

  it('gives wallets that sign, and that keys:verify proves', async () => {
    const [id] = await tagged(tag);
    const run = await runKeysCommand(haven, ['verify', '--stage', 'local', '--wallet', id ?? '']);
    expect([run.code, run.stdout]).toEqual([0, '1 verified, 0 not\n']);
  });

  it('says again what it did when it is run once more, and asks KMS for nothing', async () => {
    const again = join(folder, 'again.json');
    const run = await runKeysCommand(haven, importArgs(file, ...written, '--tag', `source=${tag}`, '--report', again));
    expect(run.code).toBe(1);
    expect(readReport(again).rows).toEqual(readReport(report).rows);
    expect(readReport(again).summary.aws_calls).not.toHaveProperty('GenerateDataKeyCommand');
  });

  it('leaves nothing of a key in tables, journal, report, or in what it says', async () => {
    const haystacks = {
      said: said.join('\n'),
      journal: readFileSync(journal, 'utf8'),
      report: readFileSync(report, 'utf8'),
      tables: await everyTable(),
    };
    // The search sees what is there.
    for (const haystack of ['journal', 'report', 'tables'] as const)
      expect(haystacks[haystack]).toContain(keys[0]?.address);
    const needles = keys
      .slice(0, 40)
      .flatMap(({ hex }) => [
        ...Object.values(KEY_ENCODINGS).map((encode) => encode(hex)),
        Buffer.from(hex, 'hex').toString('latin1'),
      ]);
    const found = Object.entries(haystacks).flatMap(([where, haystack]) =>
      needles.filter((needle) => haystack.includes(needle)).map(() => where),
    );
    expect(found).toEqual([]);
  }, 120_000);

  it('keeps journal and report to their owner', () => {
    if (process.platform === 'win32') return;
    expect([journal, report].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});

describe('keys:verify', () => {
  it('names a wallet whose ciphertext was moved or changed, and says what is wrong', async () => {
    const [own, other] = [
      await haven.client.createWallet({ body: { purpose: 'user' } }),
      await haven.client.createWallet({ body: { purpose: 'user' } }),
    ];
    const ciphertextOf = async (pk: string) =>
      z
        .object({ ciphertext: z.instanceof(Uint8Array) })
        .parse((await parts.client.send(new GetCommand({ TableName: parts.tables.keys, Key: { pk } }))).Item)
        .ciphertext;
    const put = (pk: string, ciphertext: Uint8Array) =>
      parts.client.send(
        new UpdateCommand({
          TableName: parts.tables.keys,
          Key: { pk },
          UpdateExpression: 'SET ciphertext = :c',
          ExpressionAttributeValues: { ':c': ciphertext },
        }),
      );
    const intact = await ciphertextOf(own.id);
    await put(own.id, await ciphertextOf(other.id));
    const moved = await runKeysCommand(haven, ['verify', '--stage', 'local', '--wallet', own.id]);
    expect([moved.code, moved.stdout]).toEqual([
      1,
      `  ${own.id}: it does not decrypt for this wallet\n0 verified, 1 not\n`,
    ]);
    await put(own.id, new Uint8Array([1, 2, 3]));
    const cut = await runKeysCommand(haven, ['verify', '--stage', 'local', '--wallet', own.id]);
    expect(cut.stdout).toContain('not one that Haven writes');
    await put(own.id, intact);
    const mended = await runKeysCommand(haven, ['verify', '--stage', 'local', '--wallet', own.id]);
    expect(mended.code).toBe(0);
  });

  it('proves all wallets, goes on after it was killed, and is recorded by a beginning and an end', async () => {
    const journal = join(folder, 'verify.journal');
    const args = ['verify', '--stage', 'local', '--all', '--journal', journal, '--rate', '500'];
    const killed = await runKeysCommand(haven, args, { journal, lines: 30 });
    expect(killed.code).toBe(null);
    const report = join(folder, 'verify.json');
    const run = await runKeysCommand(haven, [...args, '--report', report]);
    const { rows } = z
      .object({ rows: z.array(z.object({ wallet_id: z.string(), outcome: z.string() })) })
      .parse(JSON.parse(readFileSync(report, 'utf8')));
    expect(new Set(rows.map(({ wallet_id }) => wallet_id)).size).toBe(rows.length);
    // Other tests leave wallets whose ciphertexts they spoilt; none is an imported one.
    const bad = rows.filter(({ outcome }) => !['verified', 'in_kms', 'key_destroyed'].includes(outcome));
    const verified = new Set(rows.flatMap(({ wallet_id, outcome }) => (outcome === 'verified' ? [wallet_id] : [])));
    expect((await tagged(tag)).filter((id) => !verified.has(id))).toEqual([]);
    expect(run.code).toBe(bad.length === 0 ? 0 : 1);
    expect(linesOf(journal)).toBe(0);
    const commands = await stageAudit(parts).entries('custody:commands');
    // Other files run commands meanwhile.
    const last = commands.findLast(({ action }) => action === 'keys.verify_finished');
    const ofThis = commands.filter(({ request_id }) => request_id === last?.request_id).map(({ action }) => action);
    expect(ofThis).toEqual(['keys.verify_started', 'keys.verify_started', 'keys.verify_finished']);
  }, 180_000);
});
