import type { BreakerDirectory } from '#shared/platform/breaker/breaker-store.ts';
import { bounded, type Check } from '../check.ts';
import { judgeCircuits } from '../judge-circuits.ts';

/** Circuits that one look reads: one for each endpoint, price feed and channel of a stage, which has a few dozen. */
const MAX_CIRCUITS = 100;

/** Watches for circuits that are open. One index query, and the rows. */
export function circuitsCheck(breakers: Pick<BreakerDirectory, 'list'>): Check {
  return {
    name: 'circuits',
    async look(nowMs) {
      const { rows, lastId } = await breakers.list(undefined, MAX_CIRCUITS);
      return bounded(judgeCircuits(rows, nowMs), lastId === undefined);
    },
  };
}
