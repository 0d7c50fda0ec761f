import { describe, expect, it } from 'vitest';
import { createLaneKicker, kickSchema, MAX_WAKE_DELAY_SECONDS, wakeTime } from '#shared/transactions/lane/kick.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, type Script, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const LANE = { chain_id: 1, address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' };
const OTHER_LANE = { ...LANE, chain_id: 10 };
const NAME = '1#0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const SQS = 'https://sqs.eu-central-1.amazonaws.com/000000000000';
const QUEUES = { kickQueueUrl: `${SQS}/kick.fifo`, wakeQueueUrl: `${SQS}/wake` };
const SENT: Script = () => ({ body: { MessageId: 'm' } });

function kickerWith(script: Script = SENT) {
  const aws = createScriptedAws(script);
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const kicker = createLaneKicker(scriptedSqsClient(aws), QUEUES, clock.now, log.log, metrics.metrics);
  const bodies = () => aws.requests.map(({ body }) => kickSchema.parse(JSON.parse(String(body['MessageBody']))));
  const deduplication = () => aws.requests.map(({ body }) => body['MessageDeduplicationId']);
  return { kicker, aws, clock, log, metrics, bodies, deduplication };
}

describe('a kick', () => {
  it.each(['accept', 'unfinished'] as const)(
    'for %s goes to the queue of kicks with its lane as group: one driver at a time',
    async (cause) => {
      const { kicker, aws, bodies } = kickerWith();
      await kicker.kick(LANE, cause);
      expect(aws.requests).toHaveLength(1);
      expect(aws.requests[0]?.operation).toBe('SendMessage');
      expect(aws.requests[0]?.body).toMatchObject({ QueueUrl: QUEUES.kickQueueUrl, MessageGroupId: NAME });
      expect(aws.requests[0]?.body).not.toHaveProperty('DelaySeconds');
      expect(bodies()).toEqual([{ lane: LANE, cause }]);
    },
  );

  it('of the schedule has a group of its own: it waits for no worker that died', async () => {
    const { kicker, aws, bodies } = kickerWith();
    await kicker.kick(LANE, 'schedule');
    await kicker.kick(LANE, 'schedule');
    const groups = aws.requests.map(({ body }) => String(body['MessageGroupId']));
    expect(new Set([...groups, NAME]).size).toBe(3);
    expect(groups.every((group) => group.startsWith(`${NAME}#`))).toBe(true);
    expect(bodies()[0]).toEqual({ lane: LANE, cause: 'schedule' });
  });

  it('is never taken for the one before it: each has a deduplication id of its own', async () => {
    const { kicker, deduplication } = kickerWith();
    await Promise.all(Array.from({ length: 20 }, () => kicker.kick(LANE, 'accept')));
    expect(new Set(deduplication()).size).toBe(20);
  });

  it('that cannot be sent fails nobody: it is logged and counted', async () => {
    const { kicker, log, metrics } = kickerWith([new Error('no route')]);
    await kicker.kick(LANE, 'accept');
    expect(log.of('KICK_NOT_SENT')).toMatchObject([{ lane: NAME }]);
    expect(metrics.counts()).toEqual({ KickNotSent: 1 });
  });
});

describe('a wake', () => {
  it.each([
    ['at least a second, as SQS counts in seconds', 0, 1, 0],
    ['rounded up, so that the work is due when it arrives', 1_001, 2, 2_000],
    ['rounded up to a grid that grows with it', 24_000, 24, 24_000],
    ['no longer than SQS delays a message', 3_600_000, MAX_WAKE_DELAY_SECONDS, 900_000],
  ])('goes to the queue of wakes with a delay of %s', async (_name, delayMs, seconds, dueInMs) => {
    const { kicker, aws, bodies } = kickerWith();
    await kicker.wake(LANE, delayMs);
    expect(aws.requests[0]?.body).toMatchObject({ QueueUrl: QUEUES.wakeQueueUrl, DelaySeconds: seconds });
    expect(aws.requests[0]?.body).not.toHaveProperty('MessageGroupId');
    expect(bodies()).toEqual([{ lane: LANE, cause: 'wake', due_at_ms: TEST_NOW_MS + dueInMs }]);
  });

  it('of one lane falls on the same point as others of it, however many chains of them there were', () => {
    const delayMs = 10_000;
    // Runs of one lane that each left a wake, each at another moment; every wake leads to the next.
    let chains = Array.from({ length: 10 }, (_, index) => TEST_NOW_MS + index * 997);
    for (let round = 0; round < 3; round += 1) {
      chains = [...new Set(chains.map((nowMs) => wakeTime(nowMs, delayMs).dueAtMs))];
    }
    expect(chains.length).toBeLessThanOrEqual(1 + delayMs / 2_000);
    for (const dueAtMs of chains) expect(dueAtMs % 2_000).toBe(0);
  });

  it.each([0, 1, 999, 1_000, 6_000, 10_000, 59_999, 600_000])(
    'is never early, and late by no more than a second or a quarter: %i ms',
    (delayMs) => {
      for (let nowMs = TEST_NOW_MS; nowMs < TEST_NOW_MS + 4_000; nowMs += 333) {
        const lateMs = wakeTime(nowMs, delayMs).dueAtMs - nowMs - delayMs;
        expect(lateMs).toBeGreaterThanOrEqual(0);
        expect(lateMs).toBeLessThan(Math.max(1_000, delayMs / 4) + 1);
      }
    },
  );

  it('that cannot be sent fails nobody', async () => {
    const { kicker, metrics } = kickerWith([new Error('no route')]);
    await kicker.wake(LANE, 10);
    expect(metrics.counts()).toEqual({ KickNotSent: 1 });
  });
});

describe('passing a wake on to its lane', () => {
  const wake = (lane: typeof LANE, dueAtMs: number) => ({ lane, cause: 'wake' as const, due_at_ms: dueAtMs });

  it('sends it as it is, in its lane', async () => {
    const { kicker, aws, bodies } = kickerWith();
    await kicker.pass(wake(LANE, TEST_NOW_MS));
    expect(aws.requests[0]?.body).toMatchObject({ QueueUrl: QUEUES.kickQueueUrl, MessageGroupId: NAME });
    expect(bodies()).toEqual([wake(LANE, TEST_NOW_MS)]);
  });

  it.each([
    ['one lane within one second are one', [wake(LANE, 5_000), wake(LANE, 5_999)], 1],
    ['one lane in two seconds are two', [wake(LANE, 5_999), wake(LANE, 6_000)], 2],
    ['two lanes within one second are two', [wake(LANE, 5_000), wake(OTHER_LANE, 5_000)], 2],
  ])('wakes of %s for SQS', async (_name, wakes, distinct) => {
    const { kicker, deduplication } = kickerWith();
    for (const one of wakes) await kicker.pass(one);
    expect(new Set(deduplication()).size).toBe(distinct);
  });

  it('takes one without a time as due now', async () => {
    const { kicker, clock, deduplication } = kickerWith();
    await kicker.pass({ lane: LANE, cause: 'wake' });
    clock.advance(1_000);
    await kicker.pass({ lane: LANE, cause: 'wake' });
    await kicker.pass(wake(LANE, TEST_NOW_MS + 1_000));
    const [first, second, third] = deduplication();
    expect(second).not.toBe(first);
    expect(third).toBe(second);
  });
});
