import type { RowPage } from '#shared/platform/dynamo/id-source.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { AuditPages } from './audit-store.ts';
import { entryIn } from './stored-entry.ts';

/**
 * A page of a stream for showing, oldest first. What is no entry of Haven's is left out: that is for the verification to find.
 *
 * @param after the number of the last entry that was given out
 */
export async function historyPage(
  audit: AuditPages,
  stream: string,
  after: string | undefined,
  limit: number,
): Promise<RowPage<AuditEntry>> {
  const { entries, lastSeq } = await audit.page(stream, after === undefined ? 0 : Number(after));
  const found = entries.flatMap((item) => entryIn(item) ?? []);
  const rows = found.slice(0, limit);
  const hasMore = found.length > rows.length || lastSeq !== undefined;
  return { rows, lastId: hasMore ? rows.at(-1)?.seq.toString() : undefined };
}
