import type { BreakerState } from '#shared/platform/breaker/breaker-state.ts';
import type { RaisedCondition } from './condition.ts';

/** A circuit that nobody has tried for so long stands before something that nobody asks any more: an endpoint that was taken away. */
const IDLE_MS = 6 * 60 * 60_000;

/** How names of integrators' endpoints begin: theirs to mend. One that fails for days is disabled, which has an alert of its own. */
export const OF_INTEGRATORS = 'webhook:whe_';

/** A circuit as it is stored. */
interface StoredCircuit {
  readonly id: string;
  readonly state: Pick<BreakerState, 'status' | 'history'>;
}

/**
 * Circuits that are not closed, unless nobody uses them: of those nobody can say whether they are well. Pure.
 *
 * @returns what is raised, and keys of what would be, if anybody used it
 */
export function judgeCircuits(
  circuits: readonly StoredCircuit[],
  nowMs: number,
): { readonly raised: readonly RaisedCondition[]; readonly lapsed: readonly string[] } {
  const open = circuits.filter(({ id, state }) => !id.startsWith(OF_INTEGRATORS) && state.status !== 'closed');
  const [used = [], idle = []] = [true, false].map((isUsed) =>
    open.filter(({ state: { history } }) => isUsed === nowMs - (history[0]?.at_ms ?? 0) <= IDLE_MS),
  );
  return { raised: used.map(raisedOf), lapsed: idle.map(keyOf) };
}

const keyOf = ({ id }: StoredCircuit) => `circuits:${id}`;

function raisedOf(circuit: StoredCircuit): RaisedCondition {
  const { id, state } = circuit;
  // Why it opened: that it is being tried says nothing of it.
  const opened = state.history.find(({ to }) => to === 'open');
  return {
    key: keyOf(circuit),
    category: 'circuit_open',
    severity: 'WARNING',
    summary: `The circuit ${id} is open: what is behind it kept failing and is left alone`,
    details: { circuit: id, status: state.status, cause: opened?.cause ?? null },
  };
}
