import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { noticeKey } from '#shared/orders/order-keys.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { runDataCommand } from '#test/support/data-command.ts';
import { awsOptions, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { lasting } from '#test/support/shop-check.ts';
import { TABLES, tableOf } from '../../bin/data/tables.ts';

/** Of several exports, restores and checks, one after the other: as many as something is found by. */
const RESTORED_MS = 600_000;
/** Wallets that test/e2e/deposit-pool.test.ts takes from the pool for orders that it makes up, whose ids no order could have. */
const OF_NO_ORDER = /^✖ deposit_wallet \S+: held for ord_\d{13}(_\w+)?, which has another or is not there/;

function findingsIn(stdout: string): readonly string[] {
  return stdout.split('\n').filter((line) => line.startsWith('✖') && !OF_NO_ORDER.test(line));
}

/** What the copy of a stage says that does not fit, exported and restored into tables beside it. */
async function findingsInRestored(haven: LocalHaven): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'haven-restore-'));
  const stage = `restored-${randomUUID().slice(0, 8)}`;
  try {
    const dir = ['--dir', join(folder, 'export')];
    expect(await runDataCommand(haven, ['export', '--stage', 'local', ...dir])).toMatchObject({ code: 0 });
    const into = ['import', '--stage', stage, ...dir, '--create-tables'];
    expect(await runDataCommand(haven, into)).toMatchObject({ code: 0 });
    const { stdout } = await runDataCommand(haven, ['check', '--stage', stage]);
    expect(stdout).toMatch(/^[1-9]\d* rows, /m);
    return findingsIn(stdout);
  } finally {
    rmSync(folder, { recursive: true });
    const client = new DynamoDBClient(awsOptions(haven.info));
    for (const name of TABLES) await client.send(new DeleteTableCommand({ TableName: tableOf(stage, name) }));
  }
}

/** Alone and after all others: it looks at everything that they left, races and kills included. Schedules go on. */
describe('the shop that all these tests leave behind', () => {
  it('fits together, row by row', async () => {
    const read = async () => {
      const { stdout } = await runDataCommand(localHaven(), ['check', '--stage', 'local']);
      expect(stdout).toMatch(/^\d+ rows, .*: \d+ findings$/m);
      return findingsIn(stdout);
    };
    expect(await lasting(read)).toEqual([]);
  });

  it('fits together just so after it was exported, and restored into tables beside it', {
    timeout: RESTORED_MS,
  }, async () => {
    const haven = localHaven();
    expect(await lasting(() => findingsInRestored(haven))).toEqual([]);
  });

  it('would not if one row were wrong: the check names it', async () => {
    const haven = localHaven();
    const client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
    const id = `evt_${randomUUID()}`;
    const row = { TableName: 'haven-local-shop', Key: noticeKey('merchant', id) };
    await client.send(new PutCommand({ ...row, Item: { ...row.Key, id, order_id: 'ord_of_nobody' } }));
    try {
      const run = await runDataCommand(haven, ['check', '--stage', 'local']);
      expect(run.stdout).toContain(`notice ${id}: about ord_of_nobody, which is not there`);
      expect(run.code).toBe(1);
    } finally {
      await client.send(new DeleteCommand(row));
    }
  });
});
