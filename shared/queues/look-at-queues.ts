import type { QueueAges } from '#shared/platform/aws/queue-ages.ts';
import type { QueueCounter } from '#shared/platform/aws/queue-counts.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { several } from '#shared/platform/several.ts';
import type { QueueStand } from './mover-protocol.ts';

/** What looking at queues needs. */
export interface LookDependencies {
  readonly counter: Pick<QueueCounter, 'count'>;
  readonly ages: QueueAges;
  /** Stands before every queue's name: `haven-<stage>-`. */
  readonly prefix: string;
  readonly log: Log;
}

/** Queues that are asked for at once. */
const AT_ONCE = 10;

/** Says how queues stand, each by itself: one that does not answer takes nothing from the others. */
export async function lookAtQueues(deps: LookDependencies, names: readonly string[]): Promise<readonly QueueStand[]> {
  const counts = new Map<string, QueueStand['counts']>();
  await several(AT_ONCE, names, async (name) => {
    counts.set(name, await countsOf(deps, name));
  });
  const filled = names.filter((name) => {
    const of = counts.get(name) ?? null;
    return of !== null && of.visible + of.inFlight + of.delayed > 0;
  });
  const ages = await agesOf(deps, filled);
  return names.map((name) => ({
    name,
    counts: counts.get(name) ?? null,
    oldestAgeSeconds: ages.get(deps.prefix + name) ?? null,
  }));
}

async function countsOf({ counter, prefix, log }: LookDependencies, name: string): Promise<QueueStand['counts']> {
  try {
    return await counter.count(prefix + name);
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: `the queue ${name}`, error });
    return null;
  }
}

async function agesOf({ ages, prefix, log }: LookDependencies, names: readonly string[]): ReturnType<QueueAges> {
  try {
    return await ages(names.map((name) => prefix + name));
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: 'the ages of messages', error });
    return new Map();
  }
}
