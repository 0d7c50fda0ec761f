import { describe, expect, it } from 'vitest';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import { isAboutTransactions } from '#test/support/model/contradictions.ts';
import { ALL_INTENTS, expectLawsOf } from '#test/support/model/lane-laws.ts';
import type { Act, LanePlan } from '#test/support/model/lane-plan.ts';
import type { LaneOutcome } from '#test/support/model/lane-world.ts';
import type { OtherTrouble } from '#test/support/model/other-endpoint.ts';
import type { ActKind } from '#test/support/model/plans.ts';

const TROUBLES: readonly OtherTrouble['kind'][] = [
  'other contradicts',
  'other stands still',
  'other lags',
  'other is away',
];

/** In how many histories something mattered. */
class Tally {
  readonly #histories = new Map<string, number>();

  /** Notes what mattered in one history. */
  add({ otherQuestions, counts, endedAlone }: LaneOutcome): void {
    for (const kind of otherQuestions.keys()) this.#note(kind);
    if ((counts.FinalityDisputed ?? 0) > 0) this.#note('disputed');
    if ((counts.SecondOpinionMissing ?? 0) > 0) this.#note('missed');
    if (endedAlone > 0) this.#note('ended alone');
  }

  /** Each trouble met questions, and led to at least so much. */
  expectMattered(least: Readonly<Record<string, number>>): void {
    const wanted = { ...Object.fromEntries(TROUBLES.map((kind) => [kind, 8])), ...least };
    const tooFew = Object.entries(wanted).filter(([what, count]) => (this.#histories.get(what) ?? 0) < count);
    expect(tooFew).toEqual([]);
    if (least['ended alone'] === undefined) expect(this.#histories.has('ended alone')).toBe(false);
  }

  #note(what: string): void {
    this.#histories.set(what, (this.#histories.get(what) ?? 0) + 1);
  }
}

const RUNS = 80;

const isAbsence = (act: Act) => act.kind === 'other is away' || (act.kind === 'other stands still' && act.isOld);

/** A plan with another endpoint; in half of them it goes away for long soon after it first contradicted, and nothing else happens. */
function withOther(plan: LanePlan): LanePlan {
  const first = plan.acts.findIndex(({ act }) => act.kind === 'other contradicts' && isAboutTransactions(act.what));
  if (first === -1 || plan.perBlock % 2 === 0) return { ...plan, hasOther: true };
  const away = { after: 15, act: { kind: 'other is away', forMs: 3 * AWAY_AFTER_MS } } as const;
  return { ...plan, hasOther: true, acts: [...plan.acts.slice(0, first + 1), away] };
}

/**
 * A plan with another endpoint that is away once at most, and not for as long as makes one endpoint's word enough: who lies
 * while nobody else has been there for a minute is believed. Nor does it join in a lie about how many nonces are used.
 */
function withWatcher(plan: LanePlan): LanePlan {
  const first = plan.acts.findIndex(({ act }) => isAbsence(act));
  const acts = plan.acts.flatMap((planned, index) => {
    const { act, after } = planned;
    if (act.kind === 'other contradicts' && (act.what === 'more' || act.what === 'fewer'))
      return [{ after, act: { ...act, what: 'nothing' as const } }];
    if (!isAbsence(act) || !('forMs' in act)) return [planned];
    return index === first ? [{ after, act: { ...act, forMs: Math.min(act.forMs, AWAY_AFTER_MS / 2) } }] : [];
  });
  return { ...plan, hasOther: true, acts };
}

describe('with another endpoint that contradicts, stands still, lags and goes away, and comes back', () => {
  it('every transaction becomes final, when it agrees or has been away for a while, and none before', async () => {
    const tally = new Tally();
    const acts: ActKind[] = ['reorganise', 'stall', 'kill', 'fail', 'forget', 'stale head', 'stranger', 'cancel'];
    await expectLawsOf([...TROUBLES, ...TROUBLES, ...acts], ALL_INTENTS, RUNS, {
      given: withOther,
      onOutcome: (outcome) => tally.add(outcome),
    });
    tally.expectMattered({ disputed: 5, missed: 20, 'ended alone': 3 });
  });

  it('none is final on what the first endpoint lies about, nor executed twice', async () => {
    const tally = new Tally();
    const acts: ActKind[] = ['lie', 'lie', 'lie', 'stall', 'stale head', 'stranger', 'cancel', 'reorganise'];
    await expectLawsOf([...TROUBLES, ...TROUBLES, ...acts], ALL_INTENTS, RUNS, {
      given: withWatcher,
      onOutcome: (outcome) => tally.add(outcome),
    });
    tally.expectMattered({ disputed: 20, missed: 20 });
  });
});
