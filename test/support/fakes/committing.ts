import { Deadline } from '#shared/platform/deadline.ts';
import { type ExistingItem, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createFakeClock } from './fake-clock.ts';
import { createRecordingSleep } from './recording-sleep.ts';
import { createScriptedAws, type Script, scriptedDocumentClient } from './scripted-aws.ts';

/** What a step of a test's transaction says when its condition fails. */
export class Conflict extends Error {
  readonly step: string;
  readonly existing: ExistingItem;

  constructor(step: string, existing: ExistingItem) {
    super(`conflict at ${step}`);
    this.step = step;
    this.existing = existing;
  }
}

/** Says of a step that its condition failed. */
export const conflictAt = (step: string) => (existing: ExistingItem) => new Conflict(step, existing);

/** Three steps that say which of them failed. */
function threeSteps(): WriteTransaction {
  return new WriteTransaction()
    .put('t', { pk: 'a' }, conflictAt('first'))
    .put('t', { pk: 'b' }, conflictAt('second'))
    .put('t', { pk: 'c' }, conflictAt('third'));
}

/**
 * Commits transactions, of three steps unless a test has its own, at a far end that follows a script.
 *
 * @param sdkAttempts of the SDK's own retry
 */
export function committing(script: Script, { budgetMs = 60_000, sdkAttempts = 1 } = {}) {
  const aws = createScriptedAws(script);
  const clock = createFakeClock();
  const { sleep, waitsMs } = createRecordingSleep(clock);
  const client = scriptedDocumentClient(aws, sdkAttempts);
  return {
    aws,
    waitsMs,
    commit: (transaction = threeSteps()) => transaction.commit(client, Deadline.in(budgetMs, clock.now), sleep),
  };
}

/** That it passed. */
export const OK = { body: {} };
/** Why a step was cancelled that was no reason. */
export const NONE = { Code: 'None' };
/** Why a step was cancelled whose condition failed. */
export const FAILED = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
/** Why a step was cancelled that a rival held. */
export const CONFLICT = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };
