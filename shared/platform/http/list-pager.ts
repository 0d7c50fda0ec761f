import { canonicalJson } from '../canonical-json.ts';
import { decodeCursor, encodeCursor } from '../dynamo/cursor.ts';
import type { RowPage } from '../dynamo/id-source.ts';

/** A page as every list answers it. */
export interface ListAnswer<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

/** Turns cursors into positions and back. */
export interface ListPager {
  /**
   * Reads one page.
   *
   * @param list names the list; with the filter it is what a cursor is good for
   * @param read reads the rows older than an id
   * @throws INVALID_PARAMETER when the cursor is of another list, another filter, or forged
   */
  page<T>(
    list: string,
    filter: object,
    cursor: string | undefined,
    read: (before: string | undefined) => Promise<RowPage<T>>,
  ): Promise<ListAnswer<T>>;
}

/**
 * A pager whose cursors are signed.
 *
 * @param readSecret the stage's signing secret
 */
export function createListPager(readSecret: () => Promise<string>): ListPager {
  return {
    async page(list, filter, cursor, read) {
      const scope = `${list} ${canonicalJson(filter)}`;
      const secret = await readSecret();
      const before = cursor === undefined ? undefined : decodeCursor(secret, scope, cursor);
      const { rows, lastId } = await read(before);
      return { data: [...rows], next_cursor: lastId === undefined ? null : encodeCursor(secret, scope, lastId) };
    },
  };
}
