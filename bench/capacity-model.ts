import { type Item, itemBytes } from './item-size.ts';

/**
 * What DynamoDB bills for, computed by AWS's published rules; an emulator's ConsumedCapacity is not to be trusted.
 * Sources:
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 * - that the factor of a transaction is the table's alone and a ConditionCheck costs a transactional write of what it
 *   looked at: measured on AWS, https://github.com/nubo-db/dynoxide/pull/188
 */

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;
/** A transaction prepares and commits, so each of its items is written twice. Index entries are not part of it. */
export const TRANSACTION_FACTOR = 2;

/** A global secondary index. */
export interface KeysOnlyIndex {
  readonly name: string;
  /** Its own key attributes. */
  readonly keys: readonly string[];
  /** What it has besides keys, where it has anything. */
  readonly projected?: readonly string[];
}

/** What of a table decides on its units. */
export interface TableShape {
  /** Its key attributes. */
  readonly keys: readonly string[];
  readonly indexes: readonly KeysOnlyIndex[];
}

function units(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}

/** Units of the table's own part of a write outside a transaction: by the larger of the two images, at least one. */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  const bytes = [before, after].map((item) => (item === undefined ? 0 : itemBytes(item)));
  return units(Math.max(...bytes), WRITE_UNIT_BYTES);
}

/** Units of what a write changes in the indexes: nothing where an entry stays, two writes where its key changes. */
export function indexWriteUnits(shape: TableShape, before: Item | undefined, after: Item | undefined): number {
  return shape.indexes.reduce((sum, index) => {
    const entries = [before, after].map((item) => entryOf(shape, index, item));
    const [old, fresh] = entries;
    if (JSON.stringify(old) === JSON.stringify(fresh)) return sum;
    return entries.reduce(
      (total, entry) => total + (entry === undefined ? 0 : units(itemBytes(entry), WRITE_UNIT_BYTES)),
      sum,
    );
  }, 0);
}

/** An item's entry in an index: the index's keys and the table's; undefined when it lacks one of the index's. */
function entryOf(shape: TableShape, index: KeysOnlyIndex, item: Item | undefined): Item | undefined {
  if (item === undefined || index.keys.some((name) => item[name] === undefined)) return undefined;
  const names = [...new Set([...index.keys, ...shape.keys, ...(index.projected ?? [])])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = item[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Units of reading one item by its key; one that isn't there costs like a small one. */
export function itemReadUnits(item: Item | undefined, consistent: boolean): number {
  return read(item === undefined ? 0 : itemBytes(item), consistent);
}

/** Units of a query: all items that it read together, rounded up once. */
export function queryReadUnits(items: readonly Item[], consistent: boolean): number {
  return read(
    items.reduce((sum, item) => sum + itemBytes(item), 0),
    consistent,
  );
}

function read(bytes: number, consistent: boolean): number {
  return units(bytes, READ_UNIT_BYTES) * (consistent ? 1 : 0.5);
}
