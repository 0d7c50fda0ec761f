import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRAVITY } from '#shared/alerts/alert.ts';
import { type Condition, MAX_OPENINGS_TOLD, type Notice, stepCondition } from '#shared/monitors/condition.ts';
import { raisedCondition } from '#test/support/fakes/monitor-bench.ts';

const COOL_DOWN_MS = 60 * 60_000;

/** A look: how long after the one before, and what it found. */
const look = fc.record({
  afterMs: fc.integer({ min: 0, max: COOL_DOWN_MS }),
  severity: fc.option(fc.constantFrom('INFO', 'WARNING', 'ERROR', 'CRITICAL' as const), { nil: undefined }),
});

interface Told {
  readonly atMs: number;
  readonly notice: Notice | undefined;
  readonly isRaised: boolean;
  readonly severity: keyof typeof GRAVITY | undefined;
  readonly after: Condition | undefined;
}

function played(
  looks: readonly { readonly afterMs: number; readonly severity: keyof typeof GRAVITY | undefined }[],
  isToldByItsOwner = false,
) {
  let nowMs = Date.parse('2026-11-22T00:00:00.000Z');
  let stored: Condition | undefined;
  return looks.map(({ afterMs, severity }): Told => {
    nowMs += afterMs;
    const owner = isToldByItsOwner ? { isToldByItsOwner } : {};
    const raised = severity === undefined ? undefined : { ...raisedCondition({ severity, ...owner }), check: 'things' };
    const step = stepCondition(stored, raised, nowMs, COOL_DOWN_MS);
    stored = step?.after ?? stored;
    return { atMs: nowMs, notice: step?.notice, isRaised: raised !== undefined, severity, after: stored };
  });
}

describe('whatever happens, a condition', () => {
  it('is open exactly while it is raised, and never resolved while it is', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        for (const { isRaised, notice, after } of played(looks)) {
          expect(after?.state === 'open').toBe(isRaised);
          if (notice === 'resolved') expect(isRaised).toBe(false);
        }
      }),
    );
  });

  it('is repeated once in a cool-down at most, and told that it opens a few times', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 80 }), (looks) => {
        const told = played(looks);
        for (const { atMs } of told) {
          const within = told.filter((one) => one.atMs > atMs - COOL_DOWN_MS && one.atMs <= atMs);
          const opened = within.flatMap(({ notice, severity }) => (notice === 'opened' ? [severity ?? 'INFO'] : []));
          // Beyond so many only those that are graver than all before.
          for (const [index, severity] of opened.entries()) {
            const before = opened.slice(0, index).map((one) => GRAVITY[one]);
            if (index >= MAX_OPENINGS_TOLD) expect(GRAVITY[severity]).toBeGreaterThan(Math.max(...before));
          }
          expect(within.filter(({ notice }) => notice === 'repeated').length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('is told at once when it is graver than anything that was told since it opened', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        let gravest = -1;
        for (const { notice, severity, isRaised, after } of played(looks)) {
          if (!isRaised || severity === undefined) gravest = -1;
          else {
            if (gravest >= 0 && GRAVITY[severity] > gravest) expect(['graver']).toContain(notice);
            if (after?.told !== null)
              gravest = notice === 'repeated' ? GRAVITY[severity] : Math.max(gravest, GRAVITY[severity]);
          }
        }
      }),
    );
  });

  it('is told at once when it is graver than anything that was told within a cool-down, however it flaps', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 80 }), (looks) => {
        const told: { readonly atMs: number; readonly gravity: number }[] = [];
        for (const { atMs, notice, severity } of played(looks)) {
          if (severity === undefined) continue;
          const lately = told.filter((one) => atMs - one.atMs < COOL_DOWN_MS).map(({ gravity }) => gravity);
          if (GRAVITY[severity] > Math.max(-1, ...lately)) expect(notice).toBeDefined();
          if (notice !== undefined) told.push({ atMs, gravity: GRAVITY[severity] });
        }
      }),
    );
  });

  it('is told that it is over exactly if it was told that it is so', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        let wasTold = false;
        let wasOpen = false;
        for (const { notice, isRaised } of played(looks)) {
          if (isRaised) wasTold ||= notice !== undefined;
          else if (wasOpen) expect(notice).toBe(wasTold ? 'resolved' : undefined);
          if (!isRaised) wasTold = false;
          wasOpen = isRaised;
        }
      }),
    );
  });

  it('is told that it is over a few times within a cool-down at most, by whomever it was told that it is so', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 80 }), fc.boolean(), (looks, isToldByItsOwner) => {
        const told = played(looks, isToldByItsOwner);
        for (const { atMs } of told) {
          const within = told.filter((one) => one.atMs > atMs - COOL_DOWN_MS && one.atMs <= atMs);
          const resolved = within.filter(({ notice }) => notice === 'resolved').length;
          // One that was told before, three, and one each that was graver than all of those.
          expect(resolved).toBeLessThanOrEqual(1 + MAX_OPENINGS_TOLD + Object.keys(GRAVITY).length - 1);
        }
      }),
    );
  });

  it('has a version that goes up with every change, and the same step for the same look', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
        const versions = played(looks).map(({ after }) => after?.version ?? 0);
        expect(versions).toEqual(versions.toSorted((a, b) => a - b));
        expect(played(looks)).toEqual(played(looks));
      }),
    );
  });
});
