import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import {
  BadSource,
  type ColumnNames,
  type FieldBytes,
  MAX_ROW_BYTES,
  type OpenedSource,
  type SourceRow,
} from './source-row.ts';

const COLUMN_NAMES = ['key', 'address', 'label'] as const;

const bytesSchema = z.instanceof(Uint8Array).nullish();
const rowSchema = z.object({
  key: bytesSchema,
  address: bytesSchema,
  label: bytesSchema,
  key_type: z.string().optional(),
  too_long: z.number(),
});
const namesSchema = z.array(z.object({ name: z.string() }));
const tableSchema = z.array(z.object({ wr: z.number() }));

/**
 * A table of a SQLite database, opened for reading only. Values are asked for as bytes: as text they would be strings. A
 * key in a BLOB column is the key itself.
 *
 * @throws BadSource when there is no such table or column, or its last changes are not in the file
 */
export function openSqlite(path: string, table: string, columns: ColumnNames): OpenedSource {
  const log = `${path}-wal`;
  if (existsSync(log) && statSync(log).size > 0) {
    throw new BadSource(
      'The database has changes in a log beside it: close whoever has it open, or PRAGMA wal_checkpoint(TRUNCATE)',
    );
  }
  const database = openReadOnly(path);
  try {
    const [info] = tableSchema.parse(
      database.prepare('SELECT wr FROM pragma_table_list WHERE schema = ? AND name = ?').all('main', table),
    );
    if (info === undefined) throw new BadSource(`The database has no table ${table}`);
    const names = namesSchema
      .parse(database.prepare('SELECT name FROM pragma_table_info(?)').all(table))
      .map(({ name }) => name);
    const wanted = COLUMN_NAMES.flatMap((role) => {
      const name = columns[role];
      if (name === undefined) return [];
      if (!names.includes(name)) {
        throw new BadSource(`There is no column ${name} among the ${names.length} columns of the table`);
      }
      return [{ role, name: quoted(name) }];
    });
    const { total } = z
      .object({ total: z.number() })
      .parse(database.prepare(`SELECT count(*) AS total FROM ${quoted(table)}`).get());
    const size = wanted.map(({ name }) => `coalesce(length(CAST(${name} AS BLOB)), 0)`).join(' + ');
    const fields = wanted.map(({ role, name }) => `CAST(${name} AS BLOB) AS ${role}`).join(', ');
    // Always in the same order, so that a row keeps its number. A table without row ids is in the order of its key.
    const order = info.wr === 1 ? '' : ' ORDER BY rowid';
    const statement = database.prepare(
      `SELECT ${fields}, typeof(${quoted(columns.key)}) AS key_type, (${size}) > ${MAX_ROW_BYTES} AS too_long FROM ${quoted(table)}${order}`,
    );
    let done = 0;
    async function* rows(): AsyncGenerator<SourceRow> {
      try {
        for (const raw of statement.iterate()) {
          done += 1;
          const row = rowSchema.parse(raw);
          if (row.too_long !== 0) {
            for (const name of COLUMN_NAMES) row[name]?.fill(0);
            yield { line: done, problem: 'row_too_long' };
          } else yield { line: done, fields: fieldsOf(row) };
        }
      } finally {
        database.close();
      }
    }
    return { rows: rows(), progress: () => ({ done, total }) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function fieldsOf(row: z.output<typeof rowSchema>) {
  const field = (bytes: Uint8Array | null | undefined, isBinary: boolean): FieldBytes | undefined =>
    bytes === null || bytes === undefined ? undefined : { bytes, isBinary };
  return {
    key: field(row.key, row.key_type === 'blob'),
    address: field(row.address, false),
    label: field(row.label, false),
  };
}

/** SQLite's own messages don't quote what a table holds, but nothing is lost by leaving them out. */
function openReadOnly(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch {
    throw new BadSource(`${path} is no SQLite database that can be read`);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
