import { describe, expect, it } from 'vitest';
import { callsOf, perTransaction } from '../../../../bench/lanes/lane-cost.ts';
import { COUNTS } from './counts.ts';

describe('what one transaction uses', () => {
  it('is everything when it is alone', () => {
    expect(perTransaction(COUNTS, 1)).toEqual({
      batch: 1,
      awsCalls: 2 + 2 + 5 + 12,
      kmsCalls: 1,
      writeUnits: 2 + 14 + 25 + 19,
      readUnits: 13,
      consumption: {
        dynamoWriteUnit: 60,
        dynamoReadUnit: 13,
        kmsRequest: 1,
        // The kick, and what Lambda's poller and the worker's hold ask of the queue.
        sqsFifoRequest: 1 + 3,
        apiRequest: 1,
        lambdaRequest: 2,
        // The worker has 1 GB for 1 s, the API's function 0.5 GB for 40 ms.
        lambdaGigabyteSecond: 1 + 0.02,
      },
    });
  });

  it('is a tenth of what ten share, and all of what each has to itself', () => {
    const { awsCalls, kmsCalls, writeUnits, readUnits, consumption } = perTransaction(COUNTS, 10);
    expect(awsCalls).toBeCloseTo(2 + (20 + 5 + 10) / 10, 9);
    expect(kmsCalls).toBeCloseTo(0.1, 9);
    expect(writeUnits).toBeCloseTo(2 + (140 + 210 + 160) / 10, 9);
    expect(readUnits).toBeCloseTo(5, 9);
    expect(consumption).toMatchObject({ sqsFifoRequest: 1 + 0.3, apiRequest: 1, lambdaRequest: 1.1 });
    expect(consumption.lambdaGigabyteSecond).toBeCloseTo(0.1 + 0.5 * (0.01 + 0.03), 9);
  });

  it('is not made up for a batch that was not counted', () => {
    expect(() => perTransaction(COUNTS, 5)).toThrow('accept 5 was not counted');
  });
});

describe('calls', () => {
  it('are counted in all, or of some commands', () => {
    const calls = { QueryCommand: 3, DecryptCommand: 1 };
    expect([callsOf(calls), callsOf(calls, ['DecryptCommand', 'ScanCommand'])]).toEqual([4, 1]);
  });
});
