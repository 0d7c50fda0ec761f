import { describe, expect, it } from 'vitest';
import type { Letter } from '#shared/queues/letters.ts';
import { backTo, type Call, callAgain, runOnce } from '#shared/queues/passes.ts';
import { Unreadable } from '#shared/queues/redrive.ts';
import { createScriptedAws, md5Hex, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const letter = (body: string, more: Partial<Letter> = {}): Letter => ({
  id: 'message-1',
  receiptHandle: 'handle',
  body,
  attributes: {},
  group: undefined,
  trace: undefined,
  sentMs: 0,
  ...more,
});

/** Who is called, and with what. */
function recordedCalls() {
  const calls: [string, unknown][] = [];
  const call: Call = async (name, event) => void calls.push([name, JSON.parse(event)]);
  return { calls, call };
}

describe('a letter that goes back to its queue', () => {
  const send = async (url: string, one: Letter) => {
    const aws = createScriptedAws(() => ({ body: { MessageId: 'message-2', MD5OfMessageBody: md5Hex(one.body) } }));
    await backTo(scriptedSqsClient(aws), url)(one);
    return aws.requests[0]?.body;
  };

  it('keeps its body, its attributes and its trace', async () => {
    const attributes = { a: { DataType: 'String', StringValue: 'b', StringListValues: [] } };
    expect(
      await send(
        'https://sqs.eu-central-1.amazonaws.com/123456789012/q',
        letter('{"x":1}', { attributes, trace: 'Root=1' }),
      ),
    ).toEqual({
      QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/q',
      MessageBody: '{"x":1}',
      MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1' } },
    });
  });

  it('keeps its group, and is known by its death where a queue knows messages again', async () => {
    expect(
      await send('https://sqs.eu-central-1.amazonaws.com/123456789012/q.fifo', letter('x', { group: 'lane' })),
    ).toMatchObject({
      MessageGroupId: 'lane',
      MessageDeduplicationId: 'redrive-message-1',
    });
  });
});

it('a job runs once for all its letters, and not at all without one', async () => {
  const { calls, call } = recordedCalls();
  const pass = runOnce(call, 'job');
  expect(calls).toEqual([]);
  await Promise.all([pass(letter('a')), pass(letter('b'))]);
  await pass(letter('c'));
  expect(calls).toEqual([['job', {}]]);
});

it('letters of a job that could not be called are all left', async () => {
  const pass = runOnce(() => Promise.reject(new Error('throttled')), 'job');
  await expect(pass(letter('a'))).rejects.toThrow('throttled');
  await expect(pass(letter('b'))).rejects.toThrow('throttled');
});

describe('a function is called again', () => {
  const envelope = {
    version: '1.0',
    requestContext: { functionArn: 'arn:f', condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { detail: { alarmName: 'a' } },
    responsePayload: { errorMessage: 'down' },
  };

  it.each([
    ['that of the call that failed', JSON.stringify(envelope), { detail: { alarmName: 'a' } }],
    ['the letter itself, where it could not be called', '{"detail":{"alarmName":"b"}}', { detail: { alarmName: 'b' } }],
  ])('with the event of each letter: %s', async (_which, body, event) => {
    const { calls, call } = recordedCalls();
    await callAgain(call, 'receiver')(letter(body));
    expect(calls).toEqual([['receiver', event]]);
  });

  it.each([['no JSON'], [''], [JSON.stringify({ ...envelope, requestPayload: undefined })]])(
    'not with what is no event: %j',
    async (body) => {
      const { calls, call } = recordedCalls();
      await expect(callAgain(call, 'receiver')(letter(body))).rejects.toThrow(Unreadable);
      expect(calls).toEqual([]);
    },
  );
});
