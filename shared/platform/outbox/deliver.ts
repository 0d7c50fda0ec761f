import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '../deadline.ts';
import { Raced } from '../dynamo/races.ts';
import { WriteTransaction } from '../dynamo/write-transaction.ts';
import { kindOf, type OutboxMessage, removeOutboxMessage } from './outbox-message.ts';
import type { Outbox } from './outbox-table.ts';

/** Thrown when what a delivery was computed from has changed meanwhile: nothing was written, and it is computed again. */
export class OutboxRaced extends Raced {
  constructor(what: string) {
    super(`Raced on ${what}`);
    this.name = 'OutboxRaced';
  }
}

/**
 * What a message changes. It may be asked any number of times, about the same message too, and must read what it
 * changes anew each time.
 *
 * @param requestId the invocation that delivers it, for audit entries
 * @returns adds the change to the transaction that also removes the message, each write conditional on what was read
 *   and throwing Raced; undefined when there is nothing left to change
 */
export type OutboxHandler = (message: OutboxMessage, requestId: string) => Promise<OutboxEffect | undefined>;

/** A change that a message makes. */
export interface OutboxEffect {
  /** Adds it to a transaction. */
  add(write: WriteTransaction): void;
  /** Tells of it after the commit; must not fail. */
  report(): void;
}

/** What delivering needs. */
export interface DeliveryDependencies {
  readonly client: DynamoDBDocumentClient;
  /** The ledger table. */
  readonly table: string;
  readonly outbox: Outbox;
  /** By the kind of the subject. */
  readonly handlers: Readonly<Record<string, OutboxHandler>>;
}

/** Lost races in a row after which a delivery gives up until the next wake: others are at the same thing. */
const MAX_RACES = 5;

/**
 * Delivers one message: what it changes and its removal are one transaction, so a second delivery finds nothing and
 * one that is cut off has done nothing.
 *
 * @param requestId the invocation, for audit entries
 * @returns false when there is no such message: it was delivered before
 * @throws Raced, WRITE_CONFLICT, DATABASE_ERROR, whatever its handler throws; Error for a subject that nobody handles
 */
export async function deliverMessage(
  deps: DeliveryDependencies,
  id: string,
  requestId: string,
  deadline: Deadline,
): Promise<boolean> {
  for (let races = 0; ; races += 1) {
    const message = await deps.outbox.get(id);
    if (message === undefined) return false;
    const handler = deps.handlers[kindOf(message.subject)];
    if (handler === undefined) throw new Error(`Nobody handles outbox messages for ${message.subject}`);
    const effect = await handler(message, requestId);
    const write = new WriteTransaction();
    effect?.add(write);
    removeOutboxMessage(write, deps.table, id, () => new OutboxRaced(id));
    try {
      await write.commit(deps.client, deadline);
      effect?.report();
      return true;
    } catch (error) {
      if (!(error instanceof Raced) || races + 1 >= MAX_RACES) throw error;
    }
  }
}
