import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { batchGet, type RowPage } from '#shared/platform/dynamo/id-source.ts';
import type { AuditEntry } from './audit-entry.ts';
import { dayOf, dayPartitions, isPartOfHaven, parsePosition } from './index-attributes.ts';
import { DEFAULT_DAYS } from './logs-route.ts';
import { entryIn } from './stored-entry.ts';

/** Which entries are asked for. */
export interface EntryFilter {
  /** Those about this wallet: of its stream, of its policy's, and of who looked at it or was refused. */
  readonly wallet_id?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly severity?: AuditEntry['severity'] | undefined;
  /** ISO 8601, UTC; included. */
  readonly from?: string | undefined;
  /** ISO 8601, UTC; not included. */
  readonly to?: string | undefined;
}

/** Lists entries of all streams. */
export interface EntryList {
  /**
   * A page, newest first. It may hold fewer than asked for, and yet not be the last: what an index doesn't know is
   * filtered after reading, and one request reads only so much.
   *
   * @param before the position of the last entry that was given out
   */
  list(filter: EntryFilter, before: string | undefined, limit: number): Promise<RowPage<AuditEntry>>;
}

const DAY_MS = 86_400_000;
/** Reads of an index for one page. A day counts as one. */
const MAX_ROUNDS = 8;

/** Positions of entries, newest first, and the one before which the next ones are; undefined when there are none. */
interface Positions {
  readonly positions: readonly string[];
  readonly next: string | undefined;
}

type PositionSource = (before: string | undefined, limit: number) => Promise<Positions>;

/**
 * Lists entries by the table's indexes: by wallet, by principal or by severity above INFO, in this order of how much
 * each leaves to be filtered; else by day.
 *
 * @param table the audit table
 */
export function createEntryList(client: DynamoDBDocumentClient, table: string, clock: Clock): EntryList {
  async function query(index: string, partition: string, before: string | undefined, limit: number) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: index,
        KeyConditionExpression: before === undefined ? '#pk = :pk' : '#pk = :pk AND #sk < :before',
        ExpressionAttributeNames: { '#pk': `${index}pk`, '#sk': 'position' },
        ExpressionAttributeValues: { ':pk': partition, ...(before === undefined ? {} : { ':before': before }) },
        ProjectionExpression: '#sk',
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map((item) => String(item['position']));
  }

  function partitionSource(index: string, partition: string): PositionSource {
    return async (before, limit) => {
      const positions = await query(index, partition, before, limit);
      return { positions, next: positions.length < limit ? undefined : positions.at(-1) };
    };
  }

  /** The entries of one day, or what is left of it; then those of the day before. */
  const daySource: PositionSource = async (before = isoTime(clock() + DAY_MS), limit) => {
    // A position that is a bare time is the beginning of a day: all of the day before are left.
    const day = before.endsWith('T00:00:00.000Z') ? dayOf(isoTime(Date.parse(before) - 1)) : dayOf(before);
    const shards = await Promise.all(dayPartitions(day).map((shard) => query('gsi1', shard, before, limit)));
    const positions = shards.flat().sort().reverse().slice(0, limit);
    return { positions, next: positions.length < limit ? `${day}T00:00:00.000Z` : positions.at(-1) };
  };

  async function load(positions: readonly string[]): Promise<readonly { position: string; entry: AuditEntry }[]> {
    const keys = positions.flatMap((position) => {
      const at = parsePosition(position);
      return at === undefined ? [] : { position, key: { pk: at.stream, seq: at.seq } };
    });
    const items = await batchGet(
      client,
      table,
      keys.map(({ key }) => key),
    );
    const entries = new Map(
      items.map((item) => entryIn(item)).flatMap((entry) => (entry ? [[nameOf(entry.stream, entry.seq), entry]] : [])),
    );
    return keys.flatMap(({ position, key }) => {
      const entry = entries.get(nameOf(key.pk, key.seq));
      return entry === undefined ? [] : { position, entry };
    });
  }

  function sourceOf({ wallet_id, actor, severity }: EntryFilter): { source: PositionSource; isByDay: boolean } {
    if (wallet_id !== undefined) return { source: partitionSource('gsi4', wallet_id), isByDay: false };
    if (actor !== undefined && !isPartOfHaven(actor)) return { source: partitionSource('gsi2', actor), isByDay: false };
    if (severity !== undefined && severity !== 'INFO') {
      return { source: partitionSource('gsi3', severity), isByDay: false };
    }
    return { source: daySource, isByDay: true };
  }

  return {
    async list(filter, before, limit) {
      const { source, isByDay } = sourceOf(filter);
      const since =
        filter.from ?? (isByDay ? isoTime(Date.parse(filter.to ?? isoTime(clock())) - DEFAULT_DAYS * DAY_MS) : '');
      const rows: AuditEntry[] = [];
      let position = before ?? filter.to;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const { positions, next } = await source(position, limit);
        const wanted = positions.filter((one) => one >= since);
        for (const { position: at, entry } of await load(wanted)) {
          if (!passes(entry, filter)) continue;
          rows.push(entry);
          if (rows.length === limit) return { rows, lastId: at };
        }
        if (next === undefined || next <= since || wanted.length < positions.length) return { rows, lastId: undefined };
        position = next;
      }
      return { rows, lastId: position };
    },
  };
}

function nameOf(stream: string, seq: number): string {
  return `${stream}#${seq}`;
}

function passes(entry: AuditEntry, { actor, action, severity }: EntryFilter): boolean {
  return (
    (actor === undefined || entry.actor === actor) &&
    (action === undefined || entry.action === action) &&
    (severity === undefined || entry.severity === severity)
  );
}
