import { describe, expect, it } from 'vitest';
import { judge, sumOf } from '../../../../bench/lanes/verdict.ts';
import { confirmedTransfer, failedTransfer } from './contender-times.ts';

describe('what the chain says, beside what the sender says', () => {
  it('agrees when all is well', () => {
    const verdict = judge('x', [confirmedTransfer(1), confirmedTransfer(2)], [1, 2], 0);
    expect(verdict).toEqual({
      contender: 'x',
      asked: 2,
      confirmed: 2,
      failed: 0,
      mined: 2,
      invented: 0,
      failedYetMined: 0,
      doubled: 0,
      stuck: 0,
      reasons: {},
    });
  });

  it.each([
    ['is lost', [failedTransfer(1)], [], { mined: 0, failed: 1, failedYetMined: 0 }],
    ['failed, and happened all the same', [failedTransfer(1)], [1], { mined: 1, failed: 1, failedYetMined: 1 }],
    ['happened twice', [confirmedTransfer(1)], [1, 1], { mined: 1, doubled: 1 }],
    ['is confirmed, and on no block', [confirmedTransfer(1)], [], { mined: 0, invented: 1 }],
  ])('tells of a transfer that %s', (_what, outcomes, mined, expected) => {
    expect(judge('x', outcomes, mined, 0)).toMatchObject(expected);
  });

  it('counts reasons without what differs in each', () => {
    const outcomes = [1, 2].map((serial) => failedTransfer(serial, `no receipt of 0x${String(serial).repeat(64)}`));
    expect(judge('x', outcomes, [], 0).reasons).toEqual({ 'no receipt of 0x…': 2 });
  });

  it('is added up over accounts', () => {
    const first = judge('x', [confirmedTransfer(1), failedTransfer(2, 'late')], [1, 1], 3);
    const second = judge('x', [failedTransfer(1, 'late'), failedTransfer(2)], [1], 4);
    expect(sumOf([first, second])).toEqual({
      contender: 'x',
      asked: 4,
      confirmed: 1,
      failed: 3,
      mined: 2,
      invented: 0,
      failedYetMined: 1,
      doubled: 1,
      stuck: 7,
      reasons: { late: 2, 'socket hang up': 1 },
    });
  });
});
