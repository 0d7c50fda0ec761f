import * as z from 'zod';
import type { CountableClient } from '#shared/platform/aws/call-counter.ts';
import {
  indexWriteUnits,
  itemReadUnits,
  queryReadUnits,
  type TableShape,
  TRANSACTION_FACTOR,
  writeUnits,
} from './capacity-model.ts';
import type { Item } from './item-size.ts';
import {
  batchGetInput,
  batchGetOutput,
  getOutput,
  keyShape,
  queryOutput,
  readInput,
  toAction,
  transactWriteInput,
  type WriteAction,
} from './recorded-calls.ts';

/** What is stored, asked beside the recorded calls so that asking isn't recorded. */
export interface StoredItems {
  shape(table: string): Promise<TableShape>;
  read(table: string, key: Item): Promise<Item | undefined>;
}

/** Units of DynamoDB, by the model. */
export interface CapacityUsage {
  /** Write units of tables, the transactions' factor included. */
  readonly tableWriteUnits: number;
  /** Write units of index entries. */
  readonly indexWriteUnits: number;
  readonly readUnits: number;
  /** Writes that failed: their table's units are counted, as AWS bills them. */
  readonly failedWrites: number;
}

const NOTHING_USED: CapacityUsage = { tableWriteUnits: 0, indexWriteUnits: 0, readUnits: 0, failedWrites: 0 };

/**
 * Records the units that DynamoDB would bill for the calls of a document client. Sees every call's input and output, and
 * asks for the image of every item before and after a write, because an index costs by what changes. That takes time, so
 * what is recorded can't be timed; and nobody else may write the same items meanwhile.
 */
export class CapacityRecorder {
  readonly #stored: StoredItems;
  #usage = NOTHING_USED;

  constructor(stored: StoredItems) {
    this.#stored = stored;
  }

  /** Records every command of a document client from now on. A command that the model doesn't know fails. */
  attach(client: CountableClient): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const { input } = z.object({ input: z.unknown() }).parse(args);
        return this.#record(context.commandName ?? 'unknown', input, () => next(args));
      },
      { step: 'initialize', name: 'havenCapacityRecorder', override: true },
    );
  }

  /** What was used since the last time, and starts again from zero. */
  take(): CapacityUsage {
    const usage = this.#usage;
    this.#usage = NOTHING_USED;
    return usage;
  }

  async #record(command: string, input: unknown, send: () => Promise<unknown>): Promise<unknown> {
    switch (command) {
      case 'TransactWriteItemsCommand':
        return this.#write(transactWriteInput.parse(input).TransactItems, TRANSACTION_FACTOR, send);
      case 'UpdateItemCommand': {
        const { TableName, Key } = keyShape.parse(input);
        return this.#write([toAction('update', TableName, Key)], 1, send);
      }
      case 'GetItemCommand': {
        const { ConsistentRead } = readInput.parse(input);
        return this.#read(send, (output) => itemReadUnits(getOutput.parse(output).Item, ConsistentRead));
      }
      case 'QueryCommand': {
        const { ConsistentRead } = readInput.parse(input);
        return this.#read(send, (output) => queryReadUnits(queryOutput.parse(output).Items, ConsistentRead));
      }
      case 'BatchGetItemCommand': {
        const { RequestItems } = batchGetInput.parse(input);
        return this.#read(send, (output) => batchReadUnits(RequestItems, batchGetOutput.parse(output).Responses));
      }
      default:
        throw new Error(`The capacity model does not know ${command}`);
    }
  }

  async #read(send: () => Promise<unknown>, unitsOf: (output: unknown) => number): Promise<unknown> {
    const result = await send();
    const { output } = z.object({ output: z.unknown() }).parse(result);
    this.#add({ readUnits: unitsOf(output) });
    return result;
  }

  async #write(actions: readonly WriteAction[], factor: number, send: () => Promise<unknown>): Promise<unknown> {
    const targets = await Promise.all(
      actions.map(async (action) => {
        const shape = await this.#stored.shape(action.table);
        const key = Object.fromEntries(Object.entries(action.keyed).filter(([name]) => shape.keys.includes(name)));
        return { action, shape, key, before: await this.#stored.read(action.table, key) };
      }),
    );
    let result: unknown;
    try {
      result = await send();
    } catch (error) {
      const refused = targets.reduce((sum, { before }) => sum + factor * writeUnits(before, undefined), 0);
      this.#add({ tableWriteUnits: refused, failedWrites: 1 });
      throw error;
    }
    for (const { action, shape, key, before } of targets) {
      const after = await this.#imageAfter(action, key, before);
      this.#add({
        tableWriteUnits: factor * writeUnits(before, after),
        indexWriteUnits: indexWriteUnits(shape, before, after),
      });
    }
    return result;
  }

  async #imageAfter(action: WriteAction, key: Item, before: Item | undefined): Promise<Item | undefined> {
    switch (action.kind) {
      case 'put':
        return action.keyed;
      case 'update':
        return this.#stored.read(action.table, key);
      case 'delete':
        return undefined;
      case 'check':
        return before;
    }
  }

  #add(more: Partial<CapacityUsage>): void {
    this.#usage = addUsage(this.#usage, { ...NOTHING_USED, ...more });
  }
}

/** Both together. */
function addUsage(a: CapacityUsage, b: CapacityUsage): CapacityUsage {
  return {
    tableWriteUnits: a.tableWriteUnits + b.tableWriteUnits,
    indexWriteUnits: a.indexWriteUnits + b.indexWriteUnits,
    readUnits: a.readUnits + b.readUnits,
    failedWrites: a.failedWrites + b.failedWrites,
  };
}

/** Each item by itself; a key without an item costs like a small one. */
function batchReadUnits(
  asked: z.output<typeof batchGetInput>['RequestItems'],
  found: Readonly<Record<string, readonly Item[]>>,
): number {
  return Object.entries(asked).reduce((sum, [table, { Keys, ConsistentRead }]) => {
    const items = found[table] ?? [];
    const missing = Keys.length - items.length;
    const present = items.reduce((total, item) => total + itemReadUnits(item, ConsistentRead), 0);
    return sum + present + missing * itemReadUnits(undefined, ConsistentRead);
  }, 0);
}
