import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchGetItemCommand, type DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { checkDump, fileOf, type Item, lineOf, type Manifest, manifestSchema, readDump } from './dump.ts';
import { MANIFEST } from './export-command.ts';
import { openDatabase } from './open-database.ts';
import type { DataOptions } from './options.ts';
import { createMissing, layoutsOf } from './table-layout.ts';
import { TABLES, type TableName, tableOf } from './tables.ts';
import { BadExport } from './usage.ts';

/** Items of one write; with at most 400 KB each, far more than 4 MB is refused by DynamoDB, so a part is cut by size, too. */
const PART_ITEMS = 25;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html: 4 MB, with room for what is not counted here. */
const PART_CHARS = 2_000_000;
/** Unprocessed keys are a throttle; after so many rounds in a row somebody should know. */
const MAX_ROUNDS = 8;

/**
 * `npm run data:import`: puts an export into the tables of a stage. First every file is held against the manifest. An item that is there and
 * the same is passed over, so a run that was cut off goes on where it was; one that is there and differs is never replaced: it ends the run by its key.
 *
 * @returns 0
 * @throws BadExport
 */
export async function importCommand({ stage, dir, createTables }: DataOptions, output: Output): Promise<number> {
  const manifest = readManifest(dir);
  for (const name of TABLES) {
    const { items, sha256 } = await checkDump(join(dir, fileOf(name)));
    const said = manifest.tables[name];
    if (said.items !== items || said.sha256 !== sha256) {
      throw new BadExport(`${fileOf(name)} is not what the manifest says: ${items} items of ${said.items}, or others`);
    }
  }
  output.say(`The export of ${manifest.stage} from ${manifest.finished_at} is whole`);
  const client = await openDatabase();
  if (createTables) await createMissing(client, stage, (name) => manifest.tables[name].layout, output);
  const layouts = await layoutsOf(client, stage);
  for (const name of TABLES) {
    const { items: total } = manifest.tables[name];
    const table = { name, full: tableOf(stage, name), keyNames: layouts[name].keys.map((key) => key.AttributeName) };
    const counts = await importTable(client, table, readDump(join(dir, fileOf(name))), total, output);
    output.print(`  ${name}: ${counts.put} put, ${counts.there} there already`);
  }
  output.print(`Imported ${manifest.stage} into ${stage}`);
  return 0;
}

function readManifest(dir: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(dir, MANIFEST), 'utf8')));
  } catch (cause) {
    throw new BadExport(`${join(dir, MANIFEST)} is no manifest of an export: an export that was cut off has none`, {
      cause,
    });
  }
}

interface TargetTable {
  readonly name: TableName;
  /** Its name in AWS. */
  readonly full: string;
  readonly keyNames: readonly string[];
}

async function importTable(
  client: DynamoDBClient,
  { name, full: table, keyNames }: TargetTable,
  items: AsyncIterable<Item>,
  total: number,
  output: Output,
): Promise<{ readonly put: number; readonly there: number }> {
  const counts = { put: 0, there: 0 };
  const look = () => ({ done: counts.put + counts.there, total, settled: counts.put + counts.there });
  const progress = new Progress(output, `items of ${name}`, look, systemClock);
  for await (const part of inParts(items)) {
    const missing = await missingOf(client, table, keyNames, part);
    if (missing.length > 0) await putNew(client, table, missing);
    counts.put += missing.length;
    counts.there += part.length - missing.length;
    progress.tick();
  }
  return counts;
}

async function* inParts(items: AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  let part: Item[] = [];
  let chars = 0;
  for await (const item of items) {
    const size = lineOf(item).length;
    if (part.length === PART_ITEMS || (part.length > 0 && chars + size > PART_CHARS)) {
      yield part;
      part = [];
      chars = 0;
    }
    part.push(item);
    chars += size;
  }
  if (part.length > 0) yield part;
}

/** Those that are not there yet. @throws BadExport for one that is there and differs */
async function missingOf(
  client: DynamoDBClient,
  table: string,
  keyNames: readonly string[],
  part: readonly Item[],
): Promise<readonly Item[]> {
  const keyOf = (item: Item): Item =>
    Object.fromEntries(Object.entries(item).filter(([attribute]) => keyNames.includes(attribute)));
  const there = new Map<string, string>();
  let pending: Item[] = part.map(keyOf);
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new BadExport(`${table} kept leaving keys of a read unprocessed: try again`);
    const answer = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: pending, ConsistentRead: true } } }),
    );
    for (const item of answer.Responses?.[table] ?? []) there.set(lineOf(keyOf(item)), lineOf(item));
    pending = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return part.filter((item) => {
    const existing = there.get(lineOf(keyOf(item)));
    if (existing === undefined) return true;
    if (existing === lineOf(item)) return false;
    throw new BadExport(
      `${table} has another item ${lineOf(keyOf(item))}: nothing is replaced. Import into new tables`,
    );
  });
}

async function putNew(client: DynamoDBClient, table: string, items: readonly Item[]): Promise<void> {
  const TransactItems = items.map((Item) => ({
    Put: { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' },
  }));
  await client.send(new TransactWriteItemsCommand({ TransactItems }));
}
