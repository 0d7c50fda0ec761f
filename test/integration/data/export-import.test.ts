import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutAws } from '#local/aws-environment.ts';
import { localDynamo } from '#local/endpoint-settings.ts';
import { ROOT } from '#local/instance.ts';
import { type DataRun, runDataCommand } from '#test/support/data-command.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { lineOf, readDump } from '../../../bin/data/dump.ts';
import { layoutsOf } from '../../../bin/data/table-layout.ts';
import { TABLES, tableOf } from '../../../bin/data/tables.ts';

let haven: LocalHaven;
let client: DynamoDBClient;
let folder: string;
let dir: string;
const stages: string[] = [];

beforeAll(async () => {
  haven = localHaven();
  client = localDynamo(haven.info.awsEndpointUrl);
  folder = mkdtempSync(join(tmpdir(), 'haven-export-'));
  dir = join(folder, 'export');
  const run = await command('export', 'local', dir);
  expect(run).toMatchObject({ code: 0 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const stage of stages) {
    for (const name of TABLES) await client.send(new DeleteTableCommand({ TableName: tableOf(stage, name) }));
  }
});

function command(name: string, stage: string, to: string): Promise<DataRun> {
  return runDataCommand(haven, [name, '--stage', stage, '--dir', to]);
}

/** Puts the export into tables that it makes. @param killAt what it prints when it is killed */
function restore(stage: string, killAt?: string): Promise<DataRun> {
  return runDataCommand(haven, ['import', '--stage', stage, '--dir', dir, '--create-tables'], killAt);
}

/** The name of a stage that nothing else uses. */
function newStage(): string {
  const stage = `copy-${randomUUID().slice(0, 8)}`;
  stages.push(stage);
  return stage;
}

/** Every item of every table of an export. */
async function linesOf(from: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of TABLES) {
    for await (const item of readDump(join(from, `${name}.jsonl.gz`))) lines.push(`${name} ${lineOf(item)}`);
  }
  return lines.toSorted();
}

async function count(stage: string): Promise<number> {
  let items = 0;
  for (const name of TABLES) {
    const { Count = 0 } = await client.send(new ScanCommand({ TableName: tableOf(stage, name), Select: 'COUNT' }));
    items += Count;
  }
  return items;
}

describe('an export', () => {
  it('put into new tables, and exported from there, is the same item by item', async () => {
    const stage = newStage();
    expect(await restore(stage)).toMatchObject({ code: 0 });
    const again = join(folder, 'again');
    expect(await command('export', stage, again)).toMatchObject({ code: 0 });
    const lines = await linesOf(dir);
    expect(lines.length).toBeGreaterThan(10);
    expect(await linesOf(again)).toEqual(lines);
    // Keys and indexes are those of the first, too.
    expect(await layoutsOf(client, stage)).toEqual(await layoutsOf(client, 'local'));
  });

  it('is put there whole by a second run, where the first was killed between two tables', async () => {
    const stage = newStage();
    const all = (await linesOf(dir)).length;
    // The first of its tables is done, eight are not.
    const killed = await restore(stage, ' ledger: ');
    expect(killed.code).toBeNull();
    const before = await count(stage);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(all);
    const second = await command('import', stage, dir);
    expect(second.code).toBe(0);
    expect(await count(stage)).toBe(all);
  });

  it('replaces nothing: an item that is there and differs ends the run by its key', async () => {
    const stage = newStage();
    expect(await restore(stage)).toMatchObject({ code: 0 });
    const [first] = await linesOf(dir);
    expect(first).toMatch(/^access /);
    const item: Record<string, { S: string }> = JSON.parse((first ?? '').slice('access '.length));
    const other = { ...item, note: { S: 'written meanwhile' } };
    await client.send(new PutItemCommand({ TableName: tableOf(stage, 'access'), Item: other }));
    const run = await command('import', stage, dir);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(`haven-${stage}-access has another item`);
    expect(run.stderr).toContain(item['pk']?.S);
  });

  it('that was changed or cut off is refused before anything is written', async () => {
    const cut = join(folder, 'cut');
    cpSync(dir, cut, { recursive: true });
    appendFileSync(join(cut, 'shop.jsonl.gz'), 'x');
    const into = ['import', '--stage', `copy-${randomUUID().slice(0, 8)}`, '--dir', cut, '--create-tables'];
    const changed = await runDataCommand(haven, into);
    rmSync(join(cut, 'manifest.json'));
    const cutOff = await runDataCommand(haven, into);
    expect([changed.code, cutOff.code]).toEqual([2, 2]);
    expect(cutOff.stderr).toContain('is no manifest of an export');
    expect(changed.stderr + cutOff.stderr).not.toContain('Made');
  });

  it.each(['check', 'import'])('is for a stage that there is: %s says which table is missing', async (name) => {
    const args = name === 'check' ? [] : ['--dir', dir];
    const run = await runDataCommand(haven, [name, '--stage', 'nowhere', ...args]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('There is no table haven-nowhere-ledger');
  });

  it('needs a region and credentials, and says so before anything else', async () => {
    const args = ['bin/data/main.ts', 'export', '--stage', 'production', '--dir', join(folder, 'none')];
    const asked = (env: NodeJS.ProcessEnv) => spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
    const nothing = asked(withoutAws());
    const region = asked({ ...withoutAws(), AWS_REGION: 'eu-west-1' });
    expect([nothing.status, region.status]).toEqual([64, 64]);
    expect(nothing.stderr).toContain('set AWS_REGION');
    expect(region.stderr).toContain('AWS_PROFILE');
  });

  it('needs a new folder', async () => {
    const before = readdirSync(dir);
    expect(await command('export', 'local', dir)).toMatchObject({ code: 64 });
    expect(readdirSync(dir)).toEqual(before);
    expect((await runDataCommand(haven, ['export', '--dir', join(folder, 'x')])).stderr).toContain('--stage');
  });
});
