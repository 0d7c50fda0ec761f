import { describe, expect, it } from 'vitest';
import { verifyAll, WALK_START, type WalkState } from '#shared/audit/verify-all.ts';
import type { Verification } from '#shared/audit/verify-use-case.ts';

const STREAMS = Array.from({ length: 50 }, (_, index) => `tx_${String(index).padStart(2, '0')}`);

function found(stream: string): Verification {
  const first_break = stream === 'tx_07' ? ({ seq: 2, reason: 'edited' } as const) : null;
  const anchored = { seq: 0, through: null, broken_anchor: null };
  return { stream, verified: first_break === null, entries: 3, first_break, anchored };
}

describe('verifying all streams', () => {
  it('verifies each once, in the order of their names, and reports those that are broken', async () => {
    const verified: string[] = [];
    const states: WalkState[] = [];
    const verify = async (stream: string) => {
      verified.push(stream);
      return found(stream);
    };
    const end = await verifyAll([...STREAMS, ...STREAMS].toReversed(), verify, WALK_START, (state) =>
      states.push(state),
    );
    expect(verified).toEqual(STREAMS);
    expect(end).toEqual({
      after: 'tx_49',
      streams: 50,
      entries: 150,
      broken: [{ stream: 'tx_07', seq: 2, reason: 'edited' }],
    });
    expect(states.at(-1)).toEqual(end);
  });

  it('goes on from any state that it told of, to the same end', async () => {
    const states: WalkState[] = [WALK_START];
    const whole = await verifyAll(
      STREAMS,
      async (stream) => found(stream),
      WALK_START,
      (state) => states.push(state),
    );
    expect(states.length).toBe(5);
    for (const state of states) {
      const verified: string[] = [];
      const verify = async (stream: string) => {
        verified.push(stream);
        return found(stream);
      };
      expect(await verifyAll(STREAMS, verify, state, () => undefined)).toEqual(whole);
      expect(verified.length).toBe(50 - state.streams);
    }
  });

  it('tells of no stream that it was interrupted in', async () => {
    let last = WALK_START;
    const verify = async (stream: string) => {
      if (stream === 'tx_20') throw new Error('killed');
      return found(stream);
    };
    await expect(verifyAll(STREAMS, verify, WALK_START, (state) => (last = state))).rejects.toThrow('killed');
    expect(last).toMatchObject({ after: 'tx_15', streams: 16 });
  });
});
