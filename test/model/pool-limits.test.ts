import { describe, expect, it } from 'vitest';
import { ALL_INTENTS, expectLawsOf } from '#test/support/model/lane-laws.ts';
import type { LanePlan } from '#test/support/model/lane-plan.ts';
import type { Dialect } from '#test/support/model/model-node.ts';
import type { ActKind } from '#test/support/model/plans.ts';

/** As many as a lane may have in flight, and two more that wait for room. */
const INTENTS = 6;
const CAP = 4;

/** What is sent comes at once, to a node that keeps fewer than the lane may have in flight. */
function crowded(plan: LanePlan, dialect: Dialect): LanePlan {
  const kinds = plan.intents.map(({ kind }) => kind);
  const intents = Array.from({ length: INTENTS }, (_, n) => ({ kind: kinds[n % kinds.length] ?? 'plain', atMs: 0 }));
  const limits = { pending: 1 + (plan.cap % 2), queued: plan.perBlock % 2 };
  return { ...plan, dialect, limits, cap: CAP, intents };
}

const ACTS: readonly ActKind[] = [
  'kill',
  'fail',
  'second driver',
  'reorganise',
  'forget',
  'stall',
  'spike',
  'stale head',
];

describe('every transaction becomes final although the node keeps fewer of an account than its lane has in flight', () => {
  it('and lets go of the highest nonces after it has said that it has them, as geth does', async () => {
    let histories = 0;
    await expectLawsOf([...ACTS, 'stranger', 'cancel'], ALL_INTENTS, 60, {
      given: (plan) => crowded(plan, 'geth'),
      onOutcome: ({ chain }) => {
        if (chain.dropped > 0) histories += 1;
      },
    });
    expect(histories).toBeGreaterThan(30);
  });

  it.each(['reth', 'nethermind'] as const)('and refuses those that are too many, as %s does', async (dialect) => {
    let histories = 0;
    await expectLawsOf([...ACTS, 'stranger', 'accelerate'], ALL_INTENTS, 40, {
      given: (plan) => crowded(plan, dialect),
      onOutcome: ({ tooMany }) => {
        if (tooMany > 0) histories += 1;
      },
    });
    expect(histories).toBeGreaterThan(15);
  });
});
