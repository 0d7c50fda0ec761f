import { expect, it } from 'vitest';
import { transitions } from '#shared/transactions/transition.ts';
import { expectLawsOf } from '#test/support/model/lane-laws.ts';
import type { ActKind } from '#test/support/model/plans.ts';

/** What takes nonces, or keeps transactions from being mined, is there more often: most ends need both. */
const ACTS: readonly ActKind[] = [
  ...['stranger', 'stranger', 'stranger', 'cancel', 'cancel', 'accelerate'],
  ...['refuse for good', 'refuse for good', 'lose answers', 'forget', 'stall', 'kill', 'fail', 'reorganise'],
] as const;

it('when strangers use the key, nodes refuse for good, and people cancel and accelerate: all transitions of docs/lanes.md happen, each for the reason that is written, and no others', async () => {
  const happened = new Set<string>();
  await expectLawsOf(ACTS, ['plain', 'plain', 'expiring', 'reverts late', 'refused'], 250, {
    // What is final soon has a stranger's transaction final while ours still waits.
    given: (plan) => ({ ...plan, requiredConfirmations: 1 + (plan.requiredConfirmations % 3) }),
    onOutcome: (outcome) => {
      for (const transition of outcome.transitions) happened.add(transition);
    },
  });
  const written = Object.entries(transitions).flatMap(([from, tos]) => tos.map((to) => `${from} ${to}`));
  expect([...happened].toSorted()).toEqual(written.toSorted());
});
