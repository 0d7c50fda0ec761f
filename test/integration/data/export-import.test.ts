import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localDynamo } from '#local/endpoint-settings.ts';
import { type DataRun, runDataCommand } from '#test/support/data-command.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { lineOf, readDump } from '../../../bin/data/dump.ts';
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

function command(name: string, stage: string, to: string, killAt?: string): Promise<DataRun> {
  return runDataCommand(haven, [name, '--stage', stage, '--dir', to], killAt);
}

/** Empty tables of a stage that nothing else uses, laid out as those of the local stage. */
async function newStage(): Promise<string> {
  const stage = `copy-${randomUUID().slice(0, 8)}`;
  stages.push(stage);
  for (const name of TABLES) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableOf('local', name) }));
    await client.send(
      new CreateTableCommand({
        TableName: tableOf(stage, name),
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: Table?.KeySchema,
        AttributeDefinitions: Table?.AttributeDefinitions,
        GlobalSecondaryIndexes: Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
          IndexName,
          KeySchema,
          Projection,
        })),
      }),
    );
  }
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
    const stage = await newStage();
    expect(await command('import', stage, dir)).toMatchObject({ code: 0 });
    const again = join(folder, 'again');
    expect(await command('export', stage, again)).toMatchObject({ code: 0 });
    const lines = await linesOf(dir);
    expect(lines.length).toBeGreaterThan(10);
    expect(await linesOf(again)).toEqual(lines);
  });

  it('is put there whole by a second run, where the first was killed between two tables', async () => {
    const stage = await newStage();
    const all = (await linesOf(dir)).length;
    // The first of its tables is done, eight are not.
    const killed = await command('import', stage, dir, ' ledger: ');
    expect(killed.code).toBeNull();
    const before = await count(stage);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(all);
    const second = await command('import', stage, dir);
    expect(second.code).toBe(0);
    expect(await count(stage)).toBe(all);
  });

  it('replaces nothing: an item that is there and differs ends the run by its key', async () => {
    const stage = await newStage();
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
    const stage = await newStage();
    const cut = join(folder, 'cut');
    expect(await command('export', stage, cut)).toMatchObject({ code: 0 });
    appendFileSync(join(cut, 'ledger.jsonl.gz'), 'x');
    expect(await command('import', stage, cut)).toMatchObject({ code: 2 });
    rmSync(join(cut, 'manifest.json'));
    const run = await command('import', stage, cut);
    expect(run.stderr).toContain('is no manifest of an export');
    expect(await count(stage)).toBe(0);
  });

  it('needs a new folder, and a stage that there is', async () => {
    const before = readdirSync(dir);
    expect(await command('export', 'local', dir)).toMatchObject({ code: 64 });
    expect(readdirSync(dir)).toEqual(before);
    expect((await runDataCommand(haven, ['export', '--dir', join(folder, 'x')])).stderr).toContain('--stage');
  });
});
