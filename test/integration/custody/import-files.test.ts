import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walletAt } from '#shared/custody/import/import-wallet.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { linesOf, runKeysCommand } from '#test/support/keys-command.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { csvFile, importArgs, newKeys, readReport } from '#test/support/old-keys.ts';

/** What an import makes of the files that it is given; that it survives being killed is in import-keys.test.ts. */

let haven: LocalHaven;
let parts: InProcess;
let folder: string;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  folder = mkdtempSync(join(tmpdir(), 'haven-import-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an import', () => {
  it('writes nothing and asks KMS for nothing without --write', async () => {
    const keys = newKeys(3);
    const report = join(folder, 'dry.json');
    const file = csvFile(folder, 'dry.csv', keys);
    const run = await runKeysCommand(haven, importArgs(file, '--report', report));
    expect([run.code, run.stdout]).toEqual([0, '3 importable\n']);
    expect(Object.keys(readReport(report).summary.aws_calls).sort()).toEqual(['DescribeKeyCommand', 'GetItemCommand']);
    expect(linesOf(`${file}.local.haven-import`)).toBe(0);
    for (const { address } of keys) expect(await walletAt(parts.client, parts.tables.ledger, address)).toBeUndefined();
  });

  it('reports keys that have a wallet already, and leaves those as they are', async () => {
    const keys = newKeys(2);
    await runKeysCommand(haven, importArgs(csvFile(folder, 'first.csv', keys), '--write'));
    const before = await Promise.all(keys.map(({ address }) => walletAt(parts.client, parts.tables.ledger, address)));
    const report = join(folder, 'second.json');
    const run = await runKeysCommand(
      haven,
      importArgs(csvFile(folder, 'second.csv', [...keys, ...newKeys(1)]), '--write', '--report', report),
    );
    expect([run.code, run.stdout]).toEqual([0, '1 imported, 2 already there\n']);
    const there = readReport(report).rows.filter(({ outcome }) => outcome === 'already_there');
    expect(there.map(({ wallet_id }) => wallet_id).sort()).toEqual([...before].sort());
  });

  it('is refused with the journal of another file', async () => {
    const journal = join(folder, 'own.journal');
    await runKeysCommand(haven, importArgs(csvFile(folder, 'one.csv', newKeys(1)), '--write', '--journal', journal));
    const run = await runKeysCommand(
      haven,
      importArgs(csvFile(folder, 'other.csv', newKeys(1)), '--write', '--journal', journal),
    );
    expect(run.code).toBe(64);
    expect(run.stderr).toContain('is of another import; there differs: the file.');
  });

  it('reads a SQLite table with keys as text and as bytes, and PostgreSQL and JSON lines', async () => {
    const [a, b, c, d] = newKeys(4);
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('keys');
    const path = join(folder, 'old.db');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE "old keys" (id INTEGER PRIMARY KEY, secret, address TEXT)');
    const insert = database.prepare('INSERT INTO "old keys" (secret, address) VALUES (?, ?)');
    insert.run(a.hex, a.address);
    insert.run(Buffer.from(b.hex, 'hex'), b.address);
    insert.run(null, null);
    insert.run(5, null);
    database.close();
    const sqlite = await runKeysCommand(
      haven,
      importArgs(path, '--write', '--table', 'old keys', '--key-column', 'secret', '--address-column', 'address'),
    );
    expect(sqlite.stdout).toBe(
      '  line 3 refused: no key\n  line 4 refused: the key has characters that its encoding does not have\n2 imported, 2 refused\n',
    );

    const dump = join(folder, 'dump.sql');
    writeFileSync(
      dump,
      `--\n-- PostgreSQL database dump\n--\nCOPY public.w (private_key, address) FROM stdin;\n\\\\x${c.hex}\t${c.address}\n\\.\n`,
    );
    const pg = await runKeysCommand(haven, importArgs(dump, '--write', '--table', 'w', '--address-column', 'address'));
    expect(pg.stdout).toBe('1 imported\n');

    const lines = join(folder, 'keys.jsonl');
    writeFileSync(lines, `${JSON.stringify({ k: BigInt(`0x${d.hex}`).toString(), x: { k: 1 } })}\n{"k":\n`);
    const jsonl = await runKeysCommand(
      haven,
      importArgs(lines, '--write', '--key-column', 'k', '--key-encoding', 'decimal'),
    );
    expect(jsonl.stdout).toBe('  line 2 refused: not a row of its format\n1 imported, 1 refused\n');
    for (const { address } of [a, b, c, d]) {
      expect(await walletAt(parts.client, parts.tables.ledger, address)).toMatch(/^wal_/);
    }
  }, 120_000);

  it('quotes nothing of a file that it can not read', async () => {
    const [key] = newKeys(1);
    const path = join(folder, 'headless.csv');
    writeFileSync(path, `${key?.hex},Alice\n`);
    const run = await runKeysCommand(haven, importArgs(path, '--write'));
    expect(run.code).toBe(64);
    expect(`${run.stdout}${run.stderr}`).not.toContain(key?.hex.slice(0, 8));
  });
});
