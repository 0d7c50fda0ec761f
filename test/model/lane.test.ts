import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import { createDynamoLaneLedger } from '#test/support/model/dynamo-lane-ledger.ts';
import { createMemoryLaneLedger } from '#test/support/model/lane-ledger.ts';
import type { IntentKind, LanePlan } from '#test/support/model/lane-plan.ts';
import { type LaneOutcome, LaneWorld } from '#test/support/model/lane-world.ts';
import { type ActKind, lanePlans } from '#test/support/model/plans.ts';

const SEED = 20_261_121;
const ALL_INTENTS: readonly IntentKind[] = ['plain', 'refused', 'reverts late', 'expiring'];

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
    const others = [...(canCancel ? ['cancelled'] : []), ...(wasRevoked ? ['failed'] : [])];
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

async function expectLawsOf(
  acts: readonly ActKind[],
  intents: readonly IntentKind[],
  numRuns: number,
  makeLedger = createMemoryLaneLedger,
  endOnFailure = false,
  given: Partial<LanePlan> = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(lanePlans(acts, intents), async (drawn) => {
      const plan = { ...drawn, ...given };
      expectLaws(plan, await new LaneWorld(plan, makeLedger).run());
    }),
    { seed: SEED, numRuns, endOnFailure },
  );
}

describe('every transaction becomes final, on the chain exactly once or never, with consecutive nonces', () => {
  it('when nothing goes wrong', async () => {
    await expectLawsOf(['slow'], ALL_INTENTS, 40);
  });

  it('when drivers die, fail and run beside each other, at any access to a port', async () => {
    await expectLawsOf(['kill', 'fail', 'second driver'], ALL_INTENTS, 250);
  });

  it('when the chain reorganises, stalls and forgets', async () => {
    await expectLawsOf(['reorganise', 'forget', 'stall', 'spike'], ALL_INTENTS, 250);
  });

  it('when reads are answered by nodes that lag', async () => {
    await expectLawsOf(['stale head', 'stale read', 'stale receipts', 'reorganise'], ALL_INTENTS, 200);
  });

  it('when all of that happens, and the wallet is paused meanwhile', async () => {
    const acts: ActKind[] = ['kill', 'fail', 'second driver', 'reorganise', 'forget', 'stall', 'spike', 'stale head'];
    await expectLawsOf([...acts, 'stale read', 'pause', 'slow'], ALL_INTENTS, 400);
  });

  it('when strangers use the key, and people cancel and accelerate', async () => {
    const acts: ActKind[] = ['stranger', 'cancel', 'accelerate', 'forget', 'stall', 'kill', 'fail', 'reorganise'];
    await expectLawsOf(acts, ALL_INTENTS, 300);
  });

  it('when the wallet is revoked: nothing is signed after it, and what was not signed fails', async () => {
    const acts: ActKind[] = [
      'revoke',
      'kill',
      'fail',
      'second driver',
      'reorganise',
      'forget',
      'stall',
      'pause',
      'slow',
    ];
    await expectLawsOf([...acts, 'cancel', 'accelerate'], ALL_INTENTS, 300);
  });

  it('when it is revoked before the real store', async () => {
    await expectLawsOf(['revoke', 'kill', 'fail', 'second driver', 'slow'], ALL_INTENTS, 40, createDynamoLaneLedger);
  });

  it('with the real store, before tables in memory', async () => {
    const acts: ActKind[] = [
      'stranger',
      'accelerate',
      'kill',
      'fail',
      'second driver',
      'reorganise',
      'forget',
      'stale head',
      'pause',
      'slow',
    ];
    await expectLawsOf(acts, ALL_INTENTS, 40, createDynamoLaneLedger);
  });
});

describe('no transaction is final on a fork that the chain has left', () => {
  it('although the node that has its receipt is still on that fork, and another names the head', async () => {
    await expectLawsOf(['split nodes', 'reorganise'], ['plain'], 400);
  });
});

describe('no transaction is final, nor executed twice, by the word of one endpoint', () => {
  it('that says of blocks which nobody else has that ours are in them, or those of strangers', async () => {
    const acts: ActKind[] = ['lie', 'lie', 'lie', 'stall', 'stale head', 'stranger', 'cancel', 'kill'];
    await expectLawsOf(acts, ALL_INTENTS, 400, createMemoryLaneLedger, false, { hasOther: true });
  });

  it('while the chain reorganises, and others at the other endpoint are late', async () => {
    const acts: ActKind[] = ['lie', 'lie', 'reorganise', 'stale read', 'forget', 'second driver', 'slow'];
    await expectLawsOf(acts, ALL_INTENTS, 300, createMemoryLaneLedger, false, { hasOther: true });
  });
});

describe('valid_until', () => {
  it('is kept: nothing is signed after it by the clock of its driver nor by the chain, however wrong the one is and however long a look takes', async () => {
    await fc.assert(
      fc.asyncProperty(lanePlans(['slow', 'stall'], ['expiring']), async (plan) => {
        const { contents, chain } = await new LaneWorld(plan, createMemoryLaneLedger).run();
        const secondsOf = (wanted: number | undefined) =>
          chain.state().find(({ number }) => number === wanted)?.timestampSeconds ?? 0;
        const late = contents.transactions.filter(
          ({ attempts: [first], valid_until }) =>
            (first?.signed_at ?? '') > (valid_until ?? '') ||
            1_000 * secondsOf(first?.signed_at_block) >= Date.parse(valid_until ?? ''),
        );
        expect(late).toEqual([]);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('only a transaction that can never succeed fails', () => {
  it('and not one whose node refused to answer', async () => {
    await expectLawsOf(['refuse'], ['plain'], 60);
  });

  it('and not one whose simulation was run by a node that lags', async () => {
    await expectLawsOf(['stale simulation'], ['plain', 'dependent'], 60);
  });

  it('and not one whose whole look was at a node that lags behind what went before it', async () => {
    await expectLawsOf(['stale head', 'stale read', 'stale simulation', 'slow'], ['plain', 'dependent'], 300);
  });

  it('and not one that follows another which a reorganisation took off the chain', async () => {
    // What it finds is rare and long: making it shorter would take longer than a test may.
    await expectLawsOf(['reorganise', 'stall'], ['plain', 'dependent'], 400, createMemoryLaneLedger, true);
  });
});
