import type { Around } from './access-points.ts';
import type { KillPoint } from './crash-plan.ts';

/**
 * Kills this process at one of its accesses, with a signal that nothing can catch.
 *
 * @param kill absent: it lives
 */
export function dyingAt(kill: KillPoint | null | undefined): Around {
  let accesses = 0;
  return async (_name, effect) => {
    const index = accesses;
    accesses += 1;
    if (kill?.index === index && kill.side === 'before') process.kill(process.pid, 'SIGKILL');
    try {
      return await effect();
    } finally {
      // A refusal is an answer, too, and so is that none comes any more.
      if (kill?.index === index && kill.side === 'after') process.kill(process.pid, 'SIGKILL');
    }
  };
}
