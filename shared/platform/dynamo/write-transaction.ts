import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import { jitteredDelayMs, type RetryPolicy, type Sleep, sleep } from '../retry.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
export const MAX_TRANSACTION_ITEMS = 100;

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** An item as stored before a failed condition looked at it; undefined when there was none. */
export type ExistingItem = Readonly<Record<string, unknown>> | undefined;

/**
 * Says what it means that a condition failed: returns the error to throw.
 *
 * @param isBehindRival whether a rival holds a step before it. DynamoDB lets go of the items of a transaction one by one: a part of what the
 *   rival did may be seen already, by which the condition fails, while the step that would have said so is still held
 */
export type OnConflict = (existing: ExistingItem, isBehindRival: boolean) => Error;

/** A condition, and what its names and values stand for. */
export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
  /** Whether `onConflict` is shown the item; not so where the writer may not read it. By default it is. */
  readonly showsExisting?: false;
}

/** The key of an item. */
export type ItemKey = Readonly<Record<string, string | number>>;

interface Step {
  readonly item: TransactItem;
  readonly onConflict: OnConflict;
  readonly onContention: (() => HavenError) | undefined;
}

/** What every step of a transaction carries besides its key and its change. */
interface Tail {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD' | 'NONE';
}

/** Others hold an item for some milliseconds: short first waits, and enough attempts for a hundred rivals. */
const CONFLICT_RETRY: RetryPolicy = { maxAttempts: 12, baseDelayMs: 15, maxDelayMs: 400 };

/** Reasons that pass by themselves. */
const TRANSIENT_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * One business fact as one conditional write: collects puts, updates and deletes of any tables and commits them
 * together or not at all (invariant 4). Each step says what its failed condition means, in the order in which the
 * steps were added.
 */
export class WriteTransaction {
  readonly #steps: Step[] = [];

  /** How many items the transaction has. */
  get size(): number {
    return this.#steps.length;
  }

  /**
   * Adds an item that must not exist yet, or must meet a condition of its own.
   *
   * @param onContention the error when rivals hold this very item all the while; by default WRITE_CONFLICT
   */
  put(
    table: string,
    item: object,
    onConflict: OnConflict,
    condition?: Condition,
    onContention?: () => HavenError,
  ): this {
    const build = (tail: Tail): TransactItem => ({ Put: { TableName: table, Item: { ...item }, ...tail } });
    return this.#add(onConflict, build, condition, onContention);
  }

  /** Adds an update of one item. */
  update(
    table: string,
    key: ItemKey,
    update: { readonly expression: string } & Omit<Condition, 'expression'>,
    onConflict: OnConflict,
    condition: Condition,
  ): this {
    const merged: Condition = {
      expression: condition.expression,
      names: { ...update.names, ...condition.names },
      values: { ...update.values, ...condition.values },
    };
    return this.#add(
      onConflict,
      (tail) => ({
        Update: { TableName: table, Key: key, UpdateExpression: update.expression, ...tail },
      }),
      merged,
    );
  }

  /** Adds the removal of one item. */
  delete(table: string, key: ItemKey, onConflict: OnConflict, condition: Condition): this {
    return this.#add(onConflict, (tail) => ({ Delete: { TableName: table, Key: key, ...tail } }), condition);
  }

  /** Adds a condition on an item that stays as it is. Needs the right to dynamodb:ConditionCheckItem. */
  check(table: string, key: ItemKey, onConflict: OnConflict, condition: Condition): this {
    return this.#add(onConflict, (tail) => ({ ConditionCheck: { TableName: table, Key: key, ...tail } }), condition);
  }

  #add(
    onConflict: OnConflict,
    build: (tail: Tail) => TransactItem,
    condition: Condition = NOT_EXISTS,
    onContention?: () => HavenError,
  ): this {
    if (this.#steps.length === MAX_TRANSACTION_ITEMS) {
      throw new RangeError(`A transaction takes at most ${MAX_TRANSACTION_ITEMS} items`);
    }
    const { names, values } = condition;
    const item = build({
      ConditionExpression: condition.expression,
      ...(names === undefined || Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: { ...names } }),
      ...(values === undefined || Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: { ...values } }),
      ReturnValuesOnConditionCheckFailure: condition.showsExisting === false ? 'NONE' : 'ALL_OLD',
    });
    this.#steps.push({ item, onConflict, onContention });
    return this;
  }

  /**
   * Commits all steps or none. Conflicts with other transactions are tried again with jitter inside the deadline;
   * the SDK's own client token makes a repeated send of one attempt safe.
   *
   * @throws what the first failed step's `onConflict` returns; when rivals never left, what the held step's
   *   `onContention` returns, else WRITE_CONFLICT; DATABASE_ERROR for anything else
   */
  async commit(client: DynamoDBDocumentClient, deadline: Deadline, wait: Sleep = sleep): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#send(client);
      if (failure === undefined) return;
      const delayMs = jitteredDelayMs(CONFLICT_RETRY, attempt);
      if (attempt + 1 >= CONFLICT_RETRY.maxAttempts || !deadline.allows(delayMs)) throw failure;
      await wait(delayMs);
    }
  }

  /** Sends once. Returns a passing failure, throws a lasting one. */
  async #send(client: DynamoDBDocumentClient): Promise<HavenError | undefined> {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: this.#steps.map((step) => step.item) }));
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) {
        throw new HavenError('DATABASE_ERROR', 'The change could not be stored', { cause: error });
      }
      const reasons = error.CancellationReasons ?? [];
      for (const [index, step] of this.#steps.entries()) {
        const reason = reasons[index];
        if (reason?.Code === 'ConditionalCheckFailed') {
          const isBehindRival = reasons.slice(0, index).some(({ Code }) => Code === 'TransactionConflict');
          throw step.onConflict(reason.Item === undefined ? undefined : unmarshall(reason.Item), isBehindRival);
        }
      }
      if (reasons.every((reason) => reason.Code === undefined || reason.Code === 'None')) {
        throw new HavenError('DATABASE_ERROR', 'The change was refused without a reason', { cause: error });
      }
      if (reasons.every((reason) => isPassing(reason.Code))) {
        const contended = this.#steps.find((_step, index) => reasons[index]?.Code === 'TransactionConflict');
        return contended?.onContention?.() ?? tooManyRivals(error);
      }
      throw new HavenError('DATABASE_ERROR', 'The change was refused', { cause: error });
    }
  }
}

/** The error for a change that others kept coming before. */
export function tooManyRivals(cause: unknown): HavenError {
  return new HavenError('WRITE_CONFLICT', 'Too many simultaneous changes; try again', { cause, retryAfterSeconds: 1 });
}

function isPassing(code: string | undefined): boolean {
  return code === undefined || code === 'None' || TRANSIENT_REASONS.has(code);
}

/** The item must not be there; `attribute_exists` of any key attribute would do, and every Haven table has `pk`. */
export const NOT_EXISTS: Condition = { expression: 'attribute_not_exists(pk)' };
