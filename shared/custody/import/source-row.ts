/**
 * Why a row of a source is refused, each with what a person should know. None says anything of what the row holds: what a
 * row holds may be a key.
 */
export const REFUSALS = {
  malformed_row: 'not a row of its format',
  row_too_long: 'longer than any row with a key would be',
  unclosed_quote: 'a quote is never closed: nothing after it was read',
  source_cut_off: 'the source ends inside of the table',
  wrong_field_count: 'not as many fields as there are columns',
  key_missing: 'no key',
  key_bad_characters: 'the key has characters that its encoding does not have',
  key_bad_length: 'the key is not of 32 bytes',
  key_out_of_range: 'the key is zero, or not below the order of secp256k1',
  address_invalid: 'the address column holds no address',
  address_mismatch: 'the key is not that of the address beside it',
  label_invalid: 'the label is not 1 to 100 characters of text',
  label_holds_secret: 'the label looks like a key; labels are stored in clear',
  duplicate_in_source: 'an earlier row has the same key',
  wallet_has_no_key: 'its address is taken by a wallet that is not there, or whose key was destroyed',
} as const;

/** Why a row is refused. */
export type Refusal = keyof typeof REFUSALS;

/** Bytes of one field. Whoever has them overwrites them. */
export interface FieldBytes {
  readonly bytes: Uint8Array;
  /** Whether they are a value as it is (a BLOB of a database) and not text. */
  readonly isBinary: boolean;
}

/** The wanted fields of a row; undefined: null, or no such column. */
export interface SourceFields {
  readonly key: FieldBytes | undefined;
  readonly address: FieldBytes | undefined;
  readonly label: FieldBytes | undefined;
}

/** A row as a source has it, by the line that it begins on, or by its number in a database; both count from 1. */
export type SourceRow =
  | { readonly line: number; readonly fields: SourceFields }
  | { readonly line: number; readonly problem: Refusal };

/** Which columns hold what. */
export interface ColumnNames {
  readonly key: string;
  readonly address: string | undefined;
  readonly label: string | undefined;
}

/** Where the wanted columns are. */
export type ColumnPlaces = { readonly [Name in keyof ColumnNames]: number | undefined } & { readonly count: number };

/** Makes rows of bytes as they come in. It keeps nothing of a row that it has given out. */
export interface RowParser {
  /** The rows that end within these bytes, which the caller overwrites afterwards. */
  push(chunk: Uint8Array): SourceRow[];
  /** The row that the end of the source ends. */
  end(): SourceRow[];
}

/** How far reading is, in bytes or rows. */
export interface ReadProgress {
  readonly done: number;
  readonly total: number;
}

/** Rows of a source, read as they are asked for. */
export interface OpenedSource {
  readonly rows: AsyncGenerator<SourceRow>;
  progress(): ReadProgress;
}

/** A source that can't be read at all. The message never quotes it. */
export class BadSource extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadSource';
  }
}

/** A row that holds one key, its address and a label is a tenth of this; above, something is wrong, and memory is bounded. */
export const MAX_ROW_BYTES = 64 * 1024;

/** A column name beyond this is none: a hex key has 64 characters, and must not be taken for one. */
const MAX_NAME_BYTES = 63;

/**
 * Finds the wanted columns by their names: exactly, else in any case.
 *
 * @param names of all columns, in their order
 * @throws BadSource when one is missing or there twice
 */
export function placeColumns(wanted: ColumnNames, names: readonly Uint8Array[]): ColumnPlaces {
  const texts = names.map((name) =>
    name.length > MAX_NAME_BYTES ? '' : Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8').trim(),
  );
  return {
    key: placeOf(wanted.key, texts),
    address: wanted.address === undefined ? undefined : placeOf(wanted.address, texts),
    label: wanted.label === undefined ? undefined : placeOf(wanted.label, texts),
    count: names.length,
  };
}

function placeOf(name: string, texts: readonly string[]): number {
  const exact = placesWhere(texts, (text) => text === name);
  const found = exact.length > 0 ? exact : placesWhere(texts, (text) => text.toLowerCase() === name.toLowerCase());
  const [place] = found;
  if (place === undefined) {
    throw new BadSource(`There is no column ${name} among the ${texts.length} columns of the source`);
  }
  if (found.length > 1) throw new BadSource(`There are ${found.length} columns ${name}`);
  return place;
}

function placesWhere(texts: readonly string[], holds: (text: string) => boolean): number[] {
  return texts.flatMap((text, place) => (holds(text) ? [place] : []));
}

/**
 * The wanted fields of a row, copied; the row itself can be overwritten.
 *
 * @param fields all fields in the order of columns; undefined: null
 */
export function pickFields(places: ColumnPlaces, fields: readonly (Uint8Array | undefined)[]): SourceFields {
  const pick = (place: number | undefined): FieldBytes | undefined => {
    const bytes = place === undefined ? undefined : fields[place];
    return bytes === undefined ? undefined : { bytes: Uint8Array.from(bytes), isBinary: false };
  };
  return { key: pick(places.key), address: pick(places.address), label: pick(places.label) };
}

/** Overwrites what a row holds. */
export function overwriteRow(row: SourceRow): void {
  if ('problem' in row) return;
  for (const field of [row.fields.key, row.fields.address, row.fields.label]) field?.bytes.fill(0);
}
