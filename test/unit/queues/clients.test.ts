import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { createQueueAges } from '#shared/platform/aws/queue-ages.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createQueueMover } from '#shared/queues/queue-mover.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const OFFLINE = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

describe('ages of the oldest messages', () => {
  function ages(results: readonly object[]) {
    const client = new CloudWatchClient(OFFLINE);
    const asked: unknown[] = [];
    client.middlewareStack.add(
      () =>
        async ({ input }) => {
          asked.push(input);
          return { output: { $metadata: {}, MetricDataResults: [...results] }, response: {} };
        },
      { step: 'initialize' },
    );
    return { ages: createQueueAges(client, createFakeClock().now), asked };
  }

  it('are the newest values of the metric, by queue; one without is left out', async () => {
    const { ages: of, asked } = ages([
      { Id: 'q1', Values: [61.4, 1] },
      { Id: 'q0', Values: [] },
    ]);
    expect(await of(['a', 'b', 'c'])).toEqual(new Map([['b', 61]]));
    expect(asked).toMatchObject([
      {
        EndTime: new Date(TEST_NOW_MS),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: ['a', 'b', 'c'].map((Value, index) => ({
          Id: `q${index}`,
          MetricStat: {
            Metric: { MetricName: 'ApproximateAgeOfOldestMessage', Dimensions: [{ Name: 'QueueName', Value }] },
          },
        })),
      },
    ]);
  });

  it('of no queues are nobody asked for', async () => {
    const { ages: of, asked } = ages([]);
    expect([await of([]), asked]).toEqual([new Map(), []]);
  });
});

describe('whoever asks the queue mover', () => {
  function mover(output: object) {
    const client = new LambdaClient(OFFLINE);
    const asked: unknown[] = [];
    client.middlewareStack.add(
      () =>
        async ({ input }) => {
          asked.push(input);
          return { output: { $metadata: {}, ...output }, response: {} };
        },
      { step: 'initialize' },
    );
    const deadline = Deadline.in(1_000, createFakeClock().now);
    const asks = createQueueMover(client, 'haven-test-queue-mover');
    return { asked, look: () => asks.look(['a'], deadline), redrive: () => asks.redrive('a-dlq', deadline) };
  }
  const payload = (answer: unknown) => ({ Payload: new TextEncoder().encode(JSON.stringify(answer)) });

  it('waits for its answer', async () => {
    const redriven = { moved: 1, refused: 0, unreadable: 0, more: false };
    const { asked, redrive } = mover(payload(redriven));
    expect(await redrive()).toEqual(redriven);
    expect(asked).toEqual([
      { FunctionName: 'haven-test-queue-mover', Payload: JSON.stringify({ ask: 'redrive', queue: 'a-dlq' }) },
    ]);
    expect(await mover(payload([{ name: 'a', counts: null, oldestAgeSeconds: null }])).look()).toHaveLength(1);
  });

  it.each([
    ['it fails', { FunctionError: 'Unhandled', ...payload({ errorMessage: 'down' }) }],
    ['it answers nothing', {}],
    ['it answers something else', payload({ moved: 'many' })],
  ])('is told when %s', async (_when, output) => {
    await expect(mover(output).redrive()).rejects.toThrow();
    await expect(mover(output).look()).rejects.toThrow();
  });
});
