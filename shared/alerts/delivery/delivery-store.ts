import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Alert } from '../alert.ts';
import {
  ALERT_ROW,
  alertItem,
  alertKey,
  alertPartition,
  coolDownKey,
  deliveryKey,
  expiryOf,
  UNDELIVERED_SHARDS,
  undeliveredPosition,
  undeliveredShard,
} from '../alert-row.ts';
import { countedDay, countsOf, STATS_SHARDS, statsKey } from '../stats/alert-counts.ts';
import type { AlertFile } from './alert-file.ts';
import { type CoolDown, coolDownSchema } from './cool-down.ts';
import { deliverySchema } from './delivery.ts';
import { type ToldAlert, toldAlertSchema, type Undelivered } from './told-alert.ts';

/** Thrown when what a change was computed from has changed meanwhile: nothing was written, and it is computed again. */
export class DeliveryRaced extends Error {
  constructor() {
    super('Somebody else changed the alert meanwhile');
    this.name = 'DeliveryRaced';
  }
}

/** What one write changes of an alert. */
export interface AlertChange {
  readonly before: AlertFile;
  readonly after: AlertFile;
  readonly undelivered: Undelivered;
  /** What is told last of its thing, where that changes. */
  readonly coolDown?: { readonly before: CoolDown | undefined; readonly after: CoolDown };
  /** An alert that tells of the change. */
  readonly raises?: Alert | undefined;
}

/** Keeps what came of telling alerts. */
export interface DeliveryStore {
  /** Ids of alerts about which something is to be done by that time, the longest due of each shard first. From an index, so some may be gone. */
  due(nowMs: number, limitPerShard: number): Promise<readonly string[]>;
  /** An alert with its deliveries, strongly consistent; undefined when there is none. */
  load(alertId: string): Promise<AlertFile | undefined>;
  /** What was told last of one thing, strongly consistent. */
  coolDown(dedupeKey: string): Promise<CoolDown | undefined>;
  /**
   * Stores a change with what it adds to the statistics, provided that nobody changed anything of the alert since it was read.
   *
   * @returns the alert as it is now
   * @throws DeliveryRaced, DATABASE_ERROR, WRITE_CONFLICT
   */
  save(change: AlertChange, deadline: Deadline): Promise<AlertFile>;
}

const indexRowSchema = z.object({ pk: z.string().startsWith('ALERT#') });
const rowSchema = z.object({ sk: z.string() });

/**
 * What came of telling alerts, in the logs table. It needs Query on gsi2, and Query, GetItem and UpdateItem on rows of alerts and
 * cool-downs.
 *
 * @param table the logs table
 */
export function createDeliveryStore(client: DynamoDBDocumentClient, table: string): DeliveryStore {
  async function dueOfShard(shard: number, nowMs: number, limit: number): Promise<string[]> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi2',
        KeyConditionExpression: 'gsi2pk = :pk AND gsi2sk <= :due',
        ExpressionAttributeValues: {
          ':pk': undeliveredShard(shard),
          // Behind every id of that millisecond.
          ':due': undeliveredPosition(new Date(nowMs).toISOString(), '~'),
        },
        Limit: limit,
      }),
    );
    return (Items ?? []).map((item) => indexRowSchema.parse(item).pk.slice('ALERT#'.length));
  }

  return {
    async due(nowMs, limitPerShard) {
      const shards = Array.from({ length: UNDELIVERED_SHARDS }, (_, shard) => dueOfShard(shard, nowMs, limitPerShard));
      return (await Promise.all(shards)).flat();
    },

    async load(alertId) {
      // An alert and a few channels' deliveries: far below the megabyte of a page.
      const { Items } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': alertPartition(alertId) },
          ConsistentRead: true,
        }),
      );
      const rows = (Items ?? []).map((item) => ({ item, sk: rowSchema.parse(item).sk }));
      const alert = rows.find(({ sk }) => sk === ALERT_ROW);
      if (alert === undefined) return undefined;
      const deliveries = rows
        .filter(({ sk }) => sk.startsWith('DELIVERY#'))
        .map(({ item }) => deliverySchema.parse(item));
      return { alert: toldAlertSchema.parse(alert.item), deliveries };
    },

    async coolDown(dedupeKey) {
      const item = await readItem(client, table, coolDownKey(dedupeKey));
      return item === undefined ? undefined : coolDownSchema.parse(item);
    },

    async save({ before, after, undelivered, coolDown, raises }, deadline) {
      const { id, occurred_at } = after.alert;
      const alert = { ...after.alert, told_version: (before.alert.told_version ?? 0) + 1 };
      const write = new WriteTransaction();
      write.update(table, alertKey(id), alertUpdate(alert, undelivered), raced, unchangedAlert(before.alert));
      for (const delivery of after.deliveries) {
        const known = before.deliveries.find(({ channel }) => channel === delivery.channel);
        if (known === delivery) continue;
        const row = { ...delivery, expires_at: expiryOf(occurred_at) };
        write.update(table, deliveryKey(id, delivery.channel), setAll(row), raced, unchangedRow(known));
      }
      if (coolDown !== undefined) {
        const row = { ...coolDown.after, expires_at: expiryOf(coolDown.after.until) };
        write.update(table, coolDownKey(alert.dedupe_key), setAll(row), raced, unchangedRow(coolDown.before));
      }
      if (raises !== undefined) write.put(table, alertItem(raises), raced, { ...NOT_EXISTS, showsExisting: false });
      count(write, table, before, after);
      await write.commit(client, deadline);
      return { alert, deliveries: after.deliveries };
    },
  };
}

/** Adds what a change adds to the statistics of the alert's day. Each alert counts in one row of several. */
function count(write: WriteTransaction, table: string, before: AlertFile, after: AlertFile): void {
  const counted = [...Map.groupBy(countsOf(before, after), (name) => name)];
  if (counted.length === 0) return;
  const key = statsKey(countedDay(after), shardOf(after.alert.id, STATS_SHARDS));
  const add = counted.map((_, index) => `#c${index} :c${index}`).join(', ');
  write.update(
    table,
    key,
    {
      expression: `SET #expires_at = :expires_at ADD ${add}`,
      names: {
        '#expires_at': 'expires_at',
        ...Object.fromEntries(counted.map(([name], index) => [`#c${index}`, name])),
      },
      values: {
        ':expires_at': expiryOf(after.alert.occurred_at),
        ...Object.fromEntries(counted.map(([, same], index) => [`:c${index}`, same.length])),
      },
    },
    raced,
    WHATEVER,
  );
}

/** Counts have no condition of their own: those of the alert and its deliveries say that each is added once. */
const WHATEVER: Condition = { expression: 'attribute_exists(pk) OR attribute_not_exists(pk)', showsExisting: false };

const raced = () => new DeliveryRaced();

function unchangedAlert({ told_version }: ToldAlert): Condition {
  // An alert that its time to live took away must not come back as a half.
  if (told_version === undefined) return { expression: 'attribute_exists(pk) AND attribute_not_exists(told_version)' };
  return { expression: 'told_version = :before', values: { ':before': told_version } };
}

function unchangedRow(before: { readonly version: number } | undefined): Condition {
  if (before === undefined) return NOT_EXISTS;
  return { expression: '#version = :was', names: { '#version': 'version' }, values: { ':was': before.version } };
}

/** The part of an alert's row that telling it changes; what it tells of never does. */
function alertUpdate(alert: ToldAlert, undelivered: Undelivered) {
  const { id, told_status, is_judged, is_planned, held_back_before, told_version } = alert;
  const facts = { told_status, is_judged, is_planned, held_back_before, told_version };
  if (undelivered !== 'ended') return setAll({ ...facts, gsi2sk: undeliveredPosition(undelivered.dueAt, id) });
  const { expression, ...terms } = setAll(facts);
  return { ...terms, expression: `${expression} REMOVE gsi2pk, gsi2sk` };
}

/** An update that sets these attributes, whatever they are called. */
function setAll(attributes: Readonly<Record<string, unknown>>) {
  const names = Object.keys(attributes);
  return {
    expression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    values: Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])),
  };
}
