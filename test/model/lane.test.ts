import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDynamoLaneLedger } from '#test/support/model/dynamo-lane-ledger.ts';
import { ALL_INTENTS, expectLawsOf, SEED } from '#test/support/model/lane-laws.ts';
import { createMemoryLaneLedger } from '#test/support/model/lane-ledger.ts';
import type { LanePlan } from '#test/support/model/lane-plan.ts';
import { LaneWorld } from '#test/support/model/lane-world.ts';
import { type ActKind, lanePlans } from '#test/support/model/plans.ts';

const withOther = (plan: LanePlan): LanePlan => ({ ...plan, hasOther: true });

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
    await expectLawsOf(['revoke', 'kill', 'fail', 'second driver', 'slow'], ALL_INTENTS, 40, {
      makeLedger: createDynamoLaneLedger,
    });
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
    await expectLawsOf(acts, ALL_INTENTS, 40, { makeLedger: createDynamoLaneLedger });
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
    await expectLawsOf(acts, ALL_INTENTS, 400, { given: withOther });
  });

  it('while the chain reorganises, and others at the other endpoint are late', async () => {
    const acts: ActKind[] = ['lie', 'lie', 'reorganise', 'stale read', 'forget', 'second driver', 'slow'];
    await expectLawsOf(acts, ALL_INTENTS, 300, { given: withOther });
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
    await expectLawsOf(['reorganise', 'stall'], ['plain', 'dependent'], 400, { endOnFailure: true });
  });
});
