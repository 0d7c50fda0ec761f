import { describe, expect, it } from 'vitest';
import { StepTimes } from '../../../../bench/lanes/step-times.ts';

describe('what a driver waits for', () => {
  it('is noted whether it succeeds or not', async () => {
    const steps = new StepTimes();
    await steps.time('read', async () => 'there');
    await expect(
      steps.time('read', async () => {
        throw new Error('gone');
      }),
    ).rejects.toThrow('gone');
    expect(steps.figures(2)).toEqual([
      { step: 'read', perRun: 1, medianMs: expect.any(Number), totalMsPerRun: expect.any(Number) },
    ]);
  });

  it('is listed with the longest in all first', async () => {
    const steps = new StepTimes();
    await steps.time('short', async () => undefined);
    await steps.time('long', () => new Promise((resolve) => setTimeout(resolve, 20)));
    expect(steps.figures(1).map(({ step }) => step)).toEqual(['long', 'short']);
  });
});
