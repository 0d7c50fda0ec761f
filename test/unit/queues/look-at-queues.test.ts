import { describe, expect, it } from 'vitest';
import { lookAtQueues } from '#shared/queues/look-at-queues.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const counts = (visible: number) => ({ visible, inFlight: 0, delayed: 0 });

function look(
  stands: Readonly<Record<string, number | Error>>,
  ages: (names: readonly string[]) => ReadonlyMap<string, number> = () => new Map(),
) {
  const asked: (readonly string[])[] = [];
  const recording = createRecordingLog();
  const deps = {
    prefix: 'haven-test-',
    log: recording.log,
    counter: {
      async count(name: string) {
        const stand = stands[name.replace('haven-test-', '')];
        if (typeof stand !== 'number') throw stand ?? new Error(`There is no ${name}`);
        return counts(stand);
      },
    },
    async ages(names: readonly string[]) {
      asked.push(names);
      return ages(names);
    },
  };
  return { seen: lookAtQueues(deps, Object.keys(stands)), asked, log: recording };
}

describe('looking at queues', () => {
  it('says how many messages each has, and how old the oldest is', async () => {
    const { seen } = look({ a: 2, b: 0 }, () => new Map([['haven-test-a', 90]]));
    expect(await seen).toEqual([
      { name: 'a', counts: counts(2), oldestAgeSeconds: 90 },
      { name: 'b', counts: counts(0), oldestAgeSeconds: null },
    ]);
  });

  it('asks for the ages of those alone that have messages', async () => {
    const { seen, asked } = look({ a: 0, b: 1, c: 0 });
    await seen;
    expect(asked).toEqual([['haven-test-b']]);
  });

  it('says nothing of a queue that does not answer, and all of the others', async () => {
    const { seen, log } = look({ a: new Error('down'), b: 1 });
    expect(await seen).toEqual([
      { name: 'a', counts: null, oldestAgeSeconds: null },
      { name: 'b', counts: counts(1), oldestAgeSeconds: null },
    ]);
    expect(log.of('DEPENDENCY_FAILED')).toHaveLength(1);
  });

  it('counts without ages where nobody knows those', async () => {
    const { seen, log } = look({ a: 1 }, () => {
      throw new Error('no metrics here');
    });
    expect(await seen).toEqual([{ name: 'a', counts: counts(1), oldestAgeSeconds: null }]);
    expect(log.of('DEPENDENCY_FAILED')).toHaveLength(1);
  });
});
