import * as z from 'zod';

/** A value that a cell can hold. */
type Cell = string | number | boolean | null;

const GAP = '  ';
/** No column takes more, but the last: an id has 30 characters, an address 42, a hash 66. */
const MAX_COLUMN_CHARS = 66;

const recordSchema = z.record(z.string(), z.unknown());

/**
 * A table of things, a line each: their plain fields as columns, as many as fit. What is left out is in `--json`.
 *
 * @param columns of the terminal
 */
export function renderTable(rows: readonly unknown[], columns: number): readonly string[] {
  const records = rows.map((row) => recordSchema.safeParse(row).data ?? { value: row });
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))].filter((name) =>
    records.some((record) => isCell(record[name]) && record[name] !== null),
  );
  const all = names.map((name) => {
    const cells = records.map((record) => cellText(record[name]));
    const width = Math.min(MAX_COLUMN_CHARS, Math.max(name.length, ...cells.map(length)));
    return { name: name.toUpperCase(), cells, width };
  });
  const shown = fitting(all, columns);
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => padded(text, shown[index]?.width ?? 0))
      .join(GAP)
      .trimEnd();
  return [
    line(shown.map(({ name }) => name)),
    ...records.map((_, row) => line(shown.map(({ cells }) => cells[row] ?? ''))),
  ];
}

/** One thing, a line for each field, those of its parts with the part's name before. */
export function renderFields(value: unknown): readonly string[] {
  const lines = flatten('', value);
  const width = Math.max(0, ...lines.map(([name]) => length(name)));
  return lines.map(([name, text]) => `${padded(name, width)}${GAP}${text}`.trimEnd());
}

function fitting<T extends { readonly width: number }>(all: readonly T[], columns: number): readonly T[] {
  let used = 0;
  return all.filter(({ width }, index) => {
    const needed = width + (index === 0 ? 0 : GAP.length);
    if (index > 0 && used + needed > columns) return false;
    used += needed;
    return true;
  });
}

function flatten(name: string, value: unknown): readonly (readonly [string, string])[] {
  if (isCell(value)) return [[name, cellText(value)]];
  const parts = Array.isArray(value) ? value.map((part, index) => [String(index), part] as const) : entriesOf(value);
  return parts.flatMap(([key, part]) => flatten(name === '' ? key : `${name}.${key}`, part));
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(recordSchema.safeParse(value).data ?? {});
}

function isCell(value: unknown): value is Cell {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Without what would move the cursor or colour the terminal: labels and summaries are other people's texts. */
function cellText(value: unknown): string {
  return isCell(value) ? String(value ?? '-').replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ') : '';
}

function length(text: string): number {
  return [...text].length;
}

function padded(text: string, width: number): string {
  const chars = [...text];
  const cut = chars.length > width ? `${chars.slice(0, Math.max(0, width - 1)).join('')}…` : text;
  return cut + ' '.repeat(Math.max(0, width - chars.length));
}
