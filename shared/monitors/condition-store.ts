import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { Failures } from './blindness.ts';
import { type Condition, conditionSchema } from './condition.ts';
import {
  conditionItem,
  conditionKey,
  keyOfCondition,
  MONITOR_RUNS_KEY,
  type MonitorRuns,
  monitorRunsSchema,
  OPEN_CONDITIONS,
} from './condition-rows.ts';

/** Conditions that a run reads: every check is bounded, so there are never so many. What is beyond waits for those before it. */
const MAX_OPEN = 500;

/** What a run begins with. */
export interface StoredConditions {
  readonly open: readonly Condition[];
  /** Keys of conditions whose rows can't be read: one of them must not stop all watching. */
  readonly unreadable: readonly string[];
  /** undefined: there has been no run. */
  readonly runs: MonitorRuns | undefined;
}

/** Conditions that were asked for. */
export interface ReadConditions {
  readonly conditions: readonly Condition[];
  /** Keys of those whose rows can't be read. */
  readonly unreadable: readonly string[];
}

/** Keeps conditions. */
export interface ConditionStore {
  /** Conditions that are open, and what is remembered of runs. */
  load(): Promise<StoredConditions>;
  /** Conditions of these keys, open or not, strongly consistent. */
  get(keys: readonly string[]): Promise<ReadConditions>;
  /**
   * Stores a condition, and the alert that tells of it, both or none.
   *
   * @throws Raced when another run stored it since
   */
  save(before: Condition | undefined, after: Condition, alert: Alert | undefined, deadline: Deadline): Promise<void>;
  /** Stores which looks failed; gives way to another run that did so meanwhile. */
  saveFailures(before: MonitorRuns | undefined, failures: Failures, deadline: Deadline): Promise<void>;
}

/** Another version of Haven may have stored what this one can't read. */
function readRows(rows: readonly Readonly<Record<string, unknown>>[]): ReadConditions {
  const read = rows.map((row) => ({ key: keyOfCondition(row), ...conditionSchema.safeParse(row) }));
  return {
    conditions: read.flatMap(({ data }) => data ?? []),
    unreadable: read.flatMap(({ success, key }) => (success ? [] : [key])),
  };
}

const placeSchema = z.object({ gsi1sk: z.string() });

/**
 * Conditions in the logs table. It needs Query on gsi1, BatchGetItem and PutItem on rows of conditions and of the monitor, and PutItem on those of
 * alerts.
 *
 * @param table the logs table
 */
export function createConditionStore(client: DynamoDBDocumentClient, table: string, wait?: Sleep): ConditionStore {
  return {
    async load() {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :pk',
          ExpressionAttributeValues: { ':pk': OPEN_CONDITIONS },
          Limit: MAX_OPEN,
        }),
      );
      const keys = Items.map((item) => conditionKey(placeSchema.parse(item).gsi1sk));
      const rows = await batchGet(client, table, [MONITOR_RUNS_KEY, ...keys]);
      const runs = rows.find(({ pk }) => pk === MONITOR_RUNS_KEY.pk);
      const known = monitorRunsSchema.safeParse(runs);
      const { conditions, unreadable } = readRows(rows.filter((row) => row !== runs));
      return {
        // The index may be late: what a row itself says counts.
        open: conditions.filter(({ state }) => state === 'open'),
        unreadable: runs === undefined || known.success ? unreadable : [...unreadable, MONITOR_RUNS_KEY.pk],
        runs: known.data,
      };
    },

    async get(keys) {
      return readRows(await batchGet(client, table, keys.map(conditionKey)));
    },

    async save(before, after, alert, deadline) {
      const write = new WriteTransaction();
      const condition = { ...unchangedSince(before), showsExisting: false } as const;
      write.put(table, conditionItem(after), () => new Raced('Another run stored the condition'), condition);
      if (alert !== undefined) recordAlert(write, { logs: table }, alert);
      await write.commit(client, deadline, wait);
    },

    async saveFailures(before, failures, deadline) {
      const write = new WriteTransaction();
      const runs: MonitorRuns = { failures: { ...failures }, version: (before?.version ?? 0) + 1 };
      const condition = { ...unchangedSince(before), showsExisting: false } as const;
      write.put(table, { ...MONITOR_RUNS_KEY, ...runs }, () => new Raced('Another run counted'), condition);
      try {
        await write.commit(client, deadline, wait);
      } catch (error) {
        if (!(error instanceof Raced)) throw error;
      }
    },
  };
}
