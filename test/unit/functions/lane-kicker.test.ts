import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/lane-kicker/handler.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingKicker } from '#test/support/fakes/recording-kicker.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';
import { MODEL_LANE } from '#test/support/model/lane-ledger.ts';

const OTHER_LANE = { ...MODEL_LANE, chain_id: 10 };
const SCHEDULED = { version: '0', source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };
const wake = (dueAtMs: number) => ({ lane: MODEL_LANE, cause: 'wake', due_at_ms: dueAtMs });

function kicking(list = async () => [MODEL_LANE, OTHER_LANE]) {
  const { kicker, calls } = createRecordingKicker();
  const log = createRecordingLog();
  const finishBatches = async () => {
    order.push(`batches after ${calls.length} kicks`);
    return 0;
  };
  const order: string[] = [];
  const clock = createFakeClock().now;
  const handle = createHandler({ lanes: { list }, kicker, finishBatches, clock, log: log.log });
  return { calls, log, order, handler: (event: unknown) => handle(event, lambdaContext()) };
}

describe('the schedule', () => {
  it.each([
    ['an event of the scheduler', SCHEDULED],
    ['an empty event', {}],
    ['no event at all', null],
    ['a text', 'schedule'],
  ])('kicks every lane with work: %s', async (_name, event) => {
    const { handler, calls, log } = kicking();
    expect(await handler(event)).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([
      { kind: 'kick', lane: MODEL_LANE, cause: 'schedule' },
      { kind: 'kick', lane: OTHER_LANE, cause: 'schedule' },
    ]);
    expect(log.of('LANES_KICKED')).toMatchObject([{ cause: 'schedule', lanes: 2 }]);
  });

  it('fails when the lanes cannot be listed, so that it is tried again', async () => {
    const { handler } = kicking(() => Promise.reject(new Error('no table')));
    await expect(handler(SCHEDULED)).rejects.toThrow('no table');
  });
});

describe('batches that were left open', () => {
  it('are finished by the schedule, after the kicks so that they hold up no lane', async () => {
    const { handler, order } = kicking();
    await handler(SCHEDULED);
    expect(order).toEqual(['batches after 2 kicks']);
  });
});

describe('wakes', () => {
  it('are passed on to their lanes as they are, and no other lane is kicked', async () => {
    const { handler, calls, log, order } = kicking();
    expect(await handler(sqsEvent([wake(5_000), wake(6_000)]))).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([
      { kind: 'pass', wake: wake(5_000) },
      { kind: 'pass', wake: wake(6_000) },
    ]);
    expect(order).toEqual([]);
    expect(log.of('LANES_KICKED')).toMatchObject([{ cause: 'wake', lanes: 2 }]);
  });

  it('that cannot be read go back, and the others are passed on', async () => {
    const { handler, calls, log } = kicking();
    expect(await handler(sqsEvent(['{', wake(5_000)]))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(calls).toHaveLength(1);
    expect(log.of('UNREADABLE_KICK')).toMatchObject([{ message_id: 'm1' }]);
  });
});
