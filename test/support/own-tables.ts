import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach } from 'vitest';
import * as z from 'zod';
import { type InProcess, inProcess } from './in-process.ts';
import { createLabTables } from './lane-lab/lab-tables.ts';
import { type LocalHaven, localHaven } from './local-haven.ts';

/** A test's own tables on the local stage, and Haven's parts wired to them. */
export interface OwnTables {
  readonly info: LocalHaven['info'];
  readonly tables: InProcess['tables'];
  readonly parts: InProcess;
}

/**
 * Makes tables for each test of a file, and deletes them after it.
 *
 * @returns those of the test that runs
 */
export function ownTables(): () => OwnTables {
  let own: OwnTables | undefined;
  let drop = async (): Promise<void> => undefined;
  beforeEach(async () => {
    const haven = localHaven();
    const made = await createLabTables(haven.info.awsEndpointUrl);
    drop = () => made.drop();
    own = { info: haven.info, tables: made.names, parts: await inProcess(haven, { tables: made.names }) };
  });
  afterEach(() => drop());
  return () => {
    if (own === undefined) throw new Error('There are tables only while a test runs');
    return own;
  };
}

const itemSchema = z.record(z.string(), z.unknown());

/** All that is in a table. */
export async function everythingIn(client: InProcess['client'], TableName: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey, ConsistentRead: true }));
    found.push(...(page.Items ?? []).map((item) => itemSchema.parse(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return found;
}
