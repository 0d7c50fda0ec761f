import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const awsSchema = z.object({ CloudWatchMetrics: z.array(z.object({ Dimensions: z.array(z.array(z.string())) })) });

describe('createLambdaMetrics', () => {
  it('writes a count at once, in the Embedded Metric Format, with the function group as its dimension', () => {
    const script = `
      const { createLambdaMetrics } = await import('#shared/platform/metrics.ts');
      const metrics = createLambdaMetrics('lane-worker');
      metrics.count('TransactionSigned', 3);
      metrics.count('LaneHeld');
      metrics.count('JobDurationMs', 12);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const declared = (Name: string, Unit = 'Count') => ({
      CloudWatchMetrics: [{ Namespace: 'Haven', Dimensions: [['service']], Metrics: [{ Name, Unit }] }],
    });
    expect(lines).toMatchObject([
      { service: 'lane-worker', TransactionSigned: 3, _aws: declared('TransactionSigned') },
      { service: 'lane-worker', LaneHeld: 1, _aws: declared('LaneHeld') },
      { service: 'lane-worker', JobDurationMs: 12, _aws: declared('JobDurationMs', 'Milliseconds') },
    ]);
  });

  it('writes what alarms sound on whoever counts it once more, without a dimension', () => {
    const script = `
      const { createLambdaMetrics } = await import('#shared/platform/metrics.ts');
      const metrics = createLambdaMetrics('lane-worker');
      metrics.count('CriticalAlert');
      metrics.count('CriticalAlert', 2);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    const declared = stdout
      .trim()
      .split('\n')
      .map((line) => z.object({ CriticalAlert: z.number(), _aws: awsSchema }).parse(JSON.parse(line)))
      .map(({ CriticalAlert, _aws }) => [CriticalAlert, _aws.CloudWatchMetrics[0]?.Dimensions]);
    expect(stderr).toBe('');
    expect(declared).toEqual([
      [1, [[]]],
      [1, [['service']]],
      [2, [[]]],
      [2, [['service']]],
    ]);
  });
});
