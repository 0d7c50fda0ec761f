import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../clock.ts';

/**
 * Reads how old the oldest message of queues is, in seconds. SQS itself doesn't say; CloudWatch knows it by a metric that comes each minute,
 * some minutes late.
 *
 * @param names of queues, 500 at most
 * @returns by name; a queue that has no such metric lately is left out
 */
export type QueueAges = (names: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** How old the newest value may be: a queue that was idle for hours has none at all for a quarter of an hour. */
const LOOK_BACK_MS = 15 * 60 * 1_000;
const PERIOD_SECONDS = 60;

/** Ages by CloudWatch. */
export function createQueueAges(cloudwatch: CloudWatchClient, clock: Clock): QueueAges {
  return async (names) => {
    if (names.length === 0) return new Map();
    const { MetricDataResults = [] } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(clock() - LOOK_BACK_MS),
        EndTime: new Date(clock()),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: names.map((name, index) => ({
          Id: `q${index}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateAgeOfOldestMessage',
              Dimensions: [{ Name: 'QueueName', Value: name }],
            },
            Period: PERIOD_SECONDS,
            Stat: 'Maximum',
          },
        })),
      }),
    );
    const newest = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values[0]]));
    return new Map(
      names.flatMap((name, index) => {
        const seconds = newest.get(`q${index}`);
        return seconds === undefined ? [] : [[name, Math.round(seconds)] as const];
      }),
    );
  };
}
