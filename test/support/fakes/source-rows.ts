import type { RowParser, SourceRow } from '#shared/custody/import/source-row.ts';

/** A row as a test reads it: texts in place of bytes. */
export type ShownRow =
  | { readonly line: number; readonly problem: string }
  | { readonly line: number; readonly key?: string; readonly address?: string; readonly label?: string };

/** Shows rows as texts, without what they don't have. */
export function shown(rows: readonly SourceRow[]): ShownRow[] {
  return rows.map((row) => {
    if ('problem' in row) return row;
    const fields = Object.entries(row.fields).flatMap(([name, field]) =>
      field === undefined ? [] : [[name, Buffer.from(field.bytes).toString('utf8')]],
    );
    return { line: row.line, ...Object.fromEntries(fields) };
  });
}

/**
 * Feeds a parser bytes in pieces, each of which is overwritten once it was taken.
 *
 * @param sizes of the pieces, again and again
 */
export function parseInPieces(
  parser: RowParser,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): ShownRow[] {
  const rows: SourceRow[] = [];
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const piece = Uint8Array.from(bytes.subarray(at, at + Math.max(1, sizes[nth % sizes.length] ?? 1)));
    at += piece.length;
    rows.push(...parser.push(piece));
    piece.fill(0xaa);
  }
  rows.push(...parser.end());
  return shown(rows);
}
