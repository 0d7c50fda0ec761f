import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/queue-mover/handler.ts';
import { createQueueCounter } from '#shared/platform/aws/queue-counts.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createScriptedAws, md5Hex, type ScriptedAnswer, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const CONTEXT = { getRemainingTimeInMillis: () => 12_000 };

/** The mover before queues that hold these letters: SQS's answers, and what it was asked. */
function bench(bodies: readonly string[]) {
  const waiting = [...bodies];
  const answers: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => object>> = {
    GetQueueUrl: ({ QueueName }) => ({
      QueueUrl: `https://sqs.eu-central-1.amazonaws.com/123456789012/${String(QueueName)}`,
    }),
    GetQueueAttributes: () => ({
      Attributes: {
        ...{ ApproximateNumberOfMessages: String(waiting.length), ApproximateNumberOfMessagesDelayed: '0' },
        ApproximateNumberOfMessagesNotVisible: '0',
      },
    }),
    ReceiveMessage: () => ({
      Messages: waiting.splice(0, 10).map((Body, index) => ({
        ...{ MessageId: `message-${index}`, ReceiptHandle: `handle-${index}`, Body, MD5OfBody: md5Hex(Body) },
        Attributes: { SentTimestamp: String(TEST_NOW_MS - 1_000) },
      })),
    }),
    SendMessage: ({ MessageBody }) => ({ MessageId: 'sent', MD5OfMessageBody: md5Hex(String(MessageBody)) }),
    DeleteMessageBatch: () => ({ Successful: [], Failed: [] }),
  };
  const aws = createScriptedAws(({ operation, body }): ScriptedAnswer | Error => {
    const answer = answers[operation];
    return answer === undefined ? new Error(`Nobody asks for ${operation}`) : { body: answer(body) };
  });
  const sqs = scriptedSqsClient(aws);
  const calls: string[] = [];
  const handler = createHandler({
    sqs,
    counter: createQueueCounter(sqs),
    ages: async () => new Map(),
    call: async (name, event) => void calls.push(`${name} ${event}`),
    prefix: 'haven-test-',
    clock: createFakeClock().now,
    log: createRecordingLog().log,
  });
  const of = (operation: string) => aws.requests.filter((request) => request.operation === operation);
  return { ask: (event: unknown) => handler(event, CONTEXT), calls, of };
}

describe('the queue mover', () => {
  it('says how queues stand that it is asked for', async () => {
    const { ask } = bench(['a']);
    expect(await ask({ ask: 'look', queues: ['lane-wakes'] })).toEqual([
      { name: 'lane-wakes', counts: { visible: 1, inFlight: 0, delayed: 0 }, oldestAgeSeconds: null },
    ]);
  });

  it('sends letters of a queue back to that queue, each removed after it was sent', async () => {
    const { ask, of, calls } = bench(['a', 'b']);
    expect(await ask({ ask: 'redrive', queue: 'lane-wakes-dlq' })).toEqual({
      ...{ moved: 2, refused: 0, unreadable: 0, more: false },
    });
    expect(of('SendMessage').map(({ body }) => [body['QueueUrl'], body['MessageBody']])).toEqual([
      ['https://sqs.eu-central-1.amazonaws.com/123456789012/haven-test-lane-wakes', 'a'],
      ['https://sqs.eu-central-1.amazonaws.com/123456789012/haven-test-lane-wakes', 'b'],
    ]);
    expect(of('DeleteMessageBatch')).toMatchObject([
      { body: { QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/haven-test-lane-wakes-dlq' } },
    ]);
    expect(calls).toEqual([]);
  });

  it.each([
    ['scan-schedule-dlq', ['haven-test-payment-scanner {}']],
    ['alarm-events-dlq', ['haven-test-alarm-receiver {"a":1}', 'haven-test-alarm-receiver {"a":2}']],
  ])('calls the function of what is no queue: %s', async (queue, wanted) => {
    const { ask, of, calls } = bench(['{"a":1}', '{"a":2}']);
    expect(await ask({ ask: 'redrive', queue })).toMatchObject({ moved: 2, more: false });
    expect(calls).toEqual(wanted);
    expect(of('SendMessage')).toEqual([]);
  });

  it.each([
    [{ ask: 'redrive', queue: 'lane-wakes' }],
    [{ ask: 'redrive', queue: 'https://sqs.example/elsewhere' }],
    [{ ask: 'purge', queue: 'lane-wakes-dlq' }],
    [{}],
  ])('takes from no queue but those of dead letters, and does nothing else: %j', async (event) => {
    const { ask, of } = bench(['a']);
    await expect(ask(event)).rejects.toThrow();
    expect(of('ReceiveMessage')).toEqual([]);
  });
});
