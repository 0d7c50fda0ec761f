import fc from 'fast-check';
import { expect } from 'vitest';
import * as z from 'zod';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import { createMemoryLaneLedger } from './lane-ledger.ts';
import type { IntentKind, LanePlan } from './lane-plan.ts';
import { type LaneOutcome, LaneWorld } from './lane-world.ts';
import { type ActKind, lanePlans } from './plans.ts';

/** Of every random history. */
export const SEED = 20_261_121;
/** What does not depend on others. */
export const ALL_INTENTS: readonly IntentKind[] = ['plain', 'refused', 'reverts late', 'expiring'];

/** How a transaction of each kind may end. */
const ENDS: Readonly<Record<IntentKind, readonly string[]>> = {
  plain: ['confirmed'],
  dependent: ['confirmed'],
  refused: ['failed', 'expired'],
  'reverts late': ['reverted'],
  expiring: ['confirmed', 'expired'],
};
const REORG_ACTS: ReadonlySet<ActKind> = new Set([
  'reorganise',
  'stale head',
  'stale read',
  'stale receipts',
  'split nodes',
  'lie',
]);

/** What may happen to a transaction more than once without a reorganisation. */
const REPEATABLE: ReadonlySet<string> = new Set([
  'transaction.replaced',
  'transaction.cancel_requested',
  'transaction.accelerated',
]);

const keyUseSchema = z.object({ transactions: z.array(z.string()) });

/** What must hold of a lane when all of its work is done, whatever happened on the way. */
function expectLaws(plan: LanePlan, { atRest, violations, faults, contents, chain }: LaneOutcome): void {
  expect(violations).toEqual([]);
  expect(faults).toEqual([]);
  expect(atRest).toBe(true);
  expect(contents.queued).toEqual([]);
  expect(contents.lane?.in_flight ?? []).toEqual([]);
  expect(contents.transactions.filter(({ value }) => value !== '0')).toHaveLength(plan.intents.length);

  const canCancel = plan.acts.some(({ act }) => act.kind === 'cancel');
  const canFail = plan.acts.some(({ act }) => act.kind === 'refuse for good');
  const wasRevoked = contents.custody.status === 'revoked';
  const all = chain.transactions();
  expect(all.map(({ nonce }) => nonce)).toEqual(all.map((_, index) => plan.startCount + index));
  const onChain = all.filter(({ hash }) => !chain.isStranger(hash));
  const wasSent = contents.transactions.filter(({ hash }) => onChain.some((mined) => mined.hash === hash));
  expect(wasSent.map(({ nonce }) => nonce).toSorted()).toEqual(onChain.map(({ nonce }) => nonce).toSorted());
  if (wasSent.length > 0) expect(contents.lane?.next_nonce ?? 0).toBeLessThanOrEqual(chain.count());

  for (const transaction of contents.transactions) {
    const kind = plan.intents[Number(transaction.value) - 1]?.kind;
    expect(isFinal(transaction.status)).toBe(true);
    const ends = kind === undefined ? ['confirmed'] : ENDS[kind];
    const others = [...(canCancel ? ['cancelled'] : []), ...(wasRevoked || canFail ? ['failed'] : [])];
    expect([...ends, ...others]).toContain(transaction.status);
    expect(transaction.waiting_for).toBeNull();
    if (kind === undefined) continue;
    const mine = onChain.filter(({ valueWei }) => valueWei === BigInt(transaction.value));
    const hashes = transaction.status === 'confirmed' || transaction.status === 'reverted' ? [transaction.hash] : [];
    expect(mine.map(({ hash }) => hash)).toEqual(hashes);
  }
  expectStreams(plan, contents);
}

function expectStreams(plan: LanePlan, contents: LaneOutcome['contents']): void {
  const canReorg = plan.acts.some(({ act }) => REORG_ACTS.has(act.kind));
  for (const transaction of contents.transactions) {
    const stored = contents.stream(transaction.id);
    expect(firstBreak(transaction.id, stored, transaction)).toBeNull();
    const actions = stored.map((entry) => auditEntrySchema.parse(entry).action);
    expect(actions.at(-1)).toBe(`transaction.${transaction.status}`);
    const once = actions.filter((action) => !REPEATABLE.has(action));
    if (!canReorg && !actions.includes('transaction.displaced')) expect(new Set(once).size).toBe(once.length);
  }
  const walletId = contents.transactions[0]?.wallet_id ?? '';
  const uses = contents.stream(walletId);
  expect(firstBreak(walletId, uses, contents.custody)).toBeNull();
  const signedIds = uses
    .map((entry) => auditEntrySchema.parse(entry))
    .filter(({ action }) => action === 'key.used')
    .flatMap(({ detail }) => keyUseSchema.parse(detail).transactions);
  const versions = contents.transactions.flatMap(({ id, attempts }) => attempts.map(() => id));
  expect(signedIds.toSorted()).toEqual(versions.toSorted());
}

/** What a test decides about histories besides what may happen. */
export interface HistoryOptions {
  readonly makeLedger?: typeof createMemoryLaneLedger;
  /** Whether the first history that breaks a law is told as it is, because making it shorter would take too long. */
  readonly endOnFailure?: boolean;
  /** Changes what was drawn. */
  readonly given?: (plan: LanePlan) => LanePlan;
  /** Told of every history that kept the laws. */
  readonly onOutcome?: (outcome: LaneOutcome, plan: LanePlan) => void;
}

/**
 * Holds random histories against the laws.
 *
 * @param acts what may happen
 * @param intents what may be sent
 * @param numRuns how many
 */
export async function expectLawsOf(
  acts: readonly ActKind[],
  intents: readonly IntentKind[],
  numRuns: number,
  { makeLedger = createMemoryLaneLedger, endOnFailure = false, given, onOutcome }: HistoryOptions = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(lanePlans(acts, intents), async (drawn) => {
      const plan = given === undefined ? drawn : given(drawn);
      const outcome = await new LaneWorld(plan, makeLedger).run();
      expectLaws(plan, outcome);
      onOutcome?.(outcome, plan);
    }),
    { seed: SEED, numRuns, endOnFailure },
  );
}
