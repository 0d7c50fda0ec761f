import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BreakerPolicy,
  type BreakerState,
  breakerStateSchema,
  INITIAL_STATE,
  standingOf,
  step,
} from '#shared/platform/breaker/breaker-state.ts';

const policyArbitrary: fc.Arbitrary<BreakerPolicy> = fc.record({
  failures: fc.integer({ min: 1, max: 6 }),
  successes: fc.integer({ min: 1, max: 4 }),
  openMs: fc.integer({ min: 1, max: 50 }),
  probes: fc.integer({ min: 1, max: 3 }),
  probeMs: fc.integer({ min: 1, max: 40 }),
  failureWindowMs: fc.integer({ min: 1, max: 60 }),
});

/** What callers do, one after the other: begin a call, end the oldest call that is under way, wait, reset. */
const actionArbitrary = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ type: 'begin' as const }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('end' as const), ok: fc.boolean(), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'reset' as const }) },
);

const LEGAL = new Set(['closed open', 'open half_open', 'half_open closed', 'half_open open']);

describe('whatever callers do', () => {
  it('a breaker only makes legal changes, lets no more probes through than it may, and never refuses for ever', () => {
    fc.assert(
      fc.property(policyArbitrary, fc.array(actionArbitrary, { maxLength: 80 }), (policy, actions) => {
        let state: BreakerState = INITIAL_STATE;
        let nowMs = 0;
        let calls = 0;
        const underWay: { generation: number; probeId: string | undefined }[] = [];
        const go = (event: Parameters<typeof step>[1]) => {
          const next = step(state, event, policy, nowMs);
          if (next.status !== state.status) {
            expect(event.type === 'reset' || LEGAL.has(`${state.status} ${next.status}`)).toBe(true);
            expect(next.history[0]).toMatchObject({ from: state.status, to: next.status, at_ms: nowMs });
          }
          if (next !== state) expect(breakerStateSchema.parse(next)).toEqual(next);
          state = next;
        };
        for (const action of actions) {
          if (action.type === 'wait') nowMs += action.ms;
          else if (action.type === 'reset') go({ type: 'reset', cause: 'x' });
          else if (action.type === 'begin') {
            const standing = standingOf(state, policy, nowMs);
            calls += 1;
            const probeId = `p${calls}`;
            if (standing === 'pass') underWay.push({ generation: state.generation, probeId: undefined });
            if (standing !== 'probe') continue;
            go({ type: 'lease', probeId });
            underWay.push({ generation: state.generation, probeId });
            expect(state.probes.length).toBeLessThanOrEqual(policy.probes);
          } else {
            const [permit] = underWay.splice(action.which % Math.max(1, underWay.length), 1);
            if (permit === undefined) continue;
            go(action.ok ? { type: 'success', permit } : { type: 'failure', permit, afterSuccess: false, cause: 'x' });
          }
        }
        const laterMs = nowMs + Math.max(policy.openMs, policy.probeMs);
        expect(standingOf(state, policy, laterMs)).not.toBe('refuse');
      }),
      { seed: 20_261_121, numRuns: 500 },
    );
  });
});
