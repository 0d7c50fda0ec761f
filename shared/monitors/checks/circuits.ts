import type { BreakerDirectory, BreakerRecord } from '#shared/platform/breaker/breaker-store.ts';
import { bounded, type Check } from '../check.ts';
import { judgeCircuits, OF_INTEGRATORS } from '../judge-circuits.ts';

/** Circuits that one query reads: one for each endpoint, price feed and channel of a stage, which has a few dozen. */
const MAX_CIRCUITS = 100;

/**
 * Watches for circuits that are open. One index query, and the rows; two where integrators have circuits, of which there may be any number: the list is
 * sorted by name, from the last, so that those stand together, and the second query begins behind them.
 */
export function circuitsCheck(breakers: Pick<BreakerDirectory, 'list'>): Check {
  async function own(): Promise<{ readonly rows: readonly BreakerRecord[]; readonly sawAll: boolean }> {
    const first = await breakers.list(undefined, MAX_CIRCUITS);
    const before = first.rows.findIndex(({ id }) => id.startsWith(OF_INTEGRATORS));
    if (before === -1) return { rows: first.rows, sawAll: first.lastId === undefined };
    const behind = await breakers.list(OF_INTEGRATORS, MAX_CIRCUITS);
    return { rows: [...first.rows.slice(0, before), ...behind.rows], sawAll: behind.lastId === undefined };
  }

  return {
    name: 'circuits',
    async look(nowMs) {
      const { rows, sawAll } = await own();
      const { raised, lapsed } = judgeCircuits(rows, nowMs);
      return { ...bounded(raised, sawAll), lapsed };
    },
  };
}
