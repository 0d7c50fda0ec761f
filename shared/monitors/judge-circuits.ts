import type { BreakerState } from '#shared/platform/breaker/breaker-state.ts';
import type { RaisedCondition } from './condition.ts';

/** A circuit that nobody has tried for so long stands before something that nobody asks any more: an endpoint that was taken away. */
const IDLE_MS = 6 * 60 * 60_000;

/** Of integrators' endpoints: theirs to mend. One that fails for days is disabled, which has an alert of its own. */
const OF_INTEGRATORS = /^webhook:whe_/;

/** A circuit as it is stored. */
interface StoredCircuit {
  readonly id: string;
  readonly state: Pick<BreakerState, 'status' | 'history'>;
}

/** Circuits that are not closed, unless nobody uses them. Pure. */
export function judgeCircuits(circuits: readonly StoredCircuit[], nowMs: number): readonly RaisedCondition[] {
  return circuits.flatMap(({ id, state: { status, history } }): RaisedCondition[] => {
    const changed = history[0];
    if (OF_INTEGRATORS.test(id)) return [];
    if (status === 'closed' || changed === undefined || nowMs - changed.at_ms > IDLE_MS) return [];
    // Why it opened: that it is being tried says nothing of it.
    const opened = history.find(({ to }) => to === 'open');
    return [
      {
        key: `circuits:${id}`,
        category: 'circuit_open',
        severity: 'WARNING',
        summary: `The circuit ${id} is open: what is behind it kept failing and is left alone`,
        details: { circuit: id, status, cause: opened?.cause ?? null },
      },
    ];
  });
}
