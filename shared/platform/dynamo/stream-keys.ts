import * as z from 'zod';

const recordSchema = z.object({ dynamodb: z.object({ Keys: z.object({ pk: z.object({ S: z.string() }) }) }) });
const eventSchema = z.object({ Records: z.array(z.unknown()) });

/**
 * The partition keys of the rows that the stream of a table's keys tells of.
 *
 * @param onUnreadable told of each record that is none: to throw would have the stream bring it again and again, and a wake carries no work
 * @returns undefined when it is no event of a stream: the schedule calls
 */
export function wokenKeys(event: unknown, onUnreadable: () => void): readonly string[] | undefined {
  const stream = eventSchema.safeParse(event);
  if (!stream.success) return undefined;
  return stream.data.Records.flatMap((record) => {
    const pk = recordSchema.safeParse(record).data?.dynamodb.Keys.pk.S;
    if (pk === undefined) onUnreadable();
    return pk ?? [];
  });
}

/**
 * The ids of rows of a kind that the stream of a table's keys tells of.
 *
 * @param prefix of the partition keys of those rows: `ALERT#`
 * @param onUnreadable told of each record of no such row: see `wokenKeys`
 * @returns undefined when it is no event of a stream: the schedule calls
 */
export function wokenIds(event: unknown, prefix: string, onUnreadable: () => void): readonly string[] | undefined {
  return wokenKeys(event, onUnreadable)?.flatMap((pk) => {
    if (pk.startsWith(prefix)) return [pk.slice(prefix.length)];
    onUnreadable();
    return [];
  });
}
