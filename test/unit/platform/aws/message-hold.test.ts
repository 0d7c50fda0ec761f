import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createMessageHold, HOLD_SECONDS } from '#shared/platform/aws/message-hold.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createScriptedAws, type Script, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/000000000000/kicks.fifo';
const MESSAGES = [
  { messageId: 'm1', receiptHandle: 'h1' },
  { messageId: 'm2', receiptHandle: 'h2' },
];
const RENEWED = { body: { Successful: [{ Id: '0' }, { Id: '1' }], Failed: [] } };

const entriesSchema = z.object({ Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string() })) });

function holding(script: Script) {
  const aws = createScriptedAws(script);
  const recording = createRecordingLog();
  return { aws, recording, hold: createMessageHold(scriptedSqsClient(aws), QUEUE, recording.log) };
}

/** Only the interval stands still: the SDK's own work goes on. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a hold on messages', () => {
  it('begins at once, for all of them', async () => {
    const { aws, hold } = holding(() => RENEWED);
    hold.keep(MESSAGES);
    await aws.received(1);
    expect(aws.requests).toEqual([
      {
        operation: 'ChangeMessageVisibilityBatch',
        body: {
          QueueUrl: QUEUE,
          Entries: [
            { Id: '0', ReceiptHandle: 'h1', VisibilityTimeout: HOLD_SECONDS },
            { Id: '1', ReceiptHandle: 'h2', VisibilityTimeout: HOLD_SECONDS },
          ],
        },
      },
    ]);
  });

  it('is renewed so often that one lost renewal does not end it', { timeout: 1_000 }, async () => {
    const { aws, hold } = holding(() => RENEWED);
    hold.keep(MESSAGES);
    vi.advanceTimersByTime(HOLD_SECONDS * 1000 - 1);
    await aws.received(3);
    expect(aws.requests.map(({ body }) => body)).toEqual(aws.requests.map(() => aws.requests[0]?.body));
  });

  it('is not renewed after its release', async () => {
    const { aws, hold } = holding(() => RENEWED);
    const release = hold.keep(MESSAGES);
    await aws.received(1);
    release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('on no messages asks for nothing', () => {
    const { aws, hold } = holding(() => RENEWED);
    hold.keep([])();
    expect([aws.requests.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is renewed for ten messages in a request, as many as SQS takes', async () => {
    const { aws, hold } = holding(() => RENEWED);
    const many = Array.from({ length: 25 }, (_, index) => ({ messageId: `m${index}`, receiptHandle: `h${index}` }));
    hold.keep(many);
    await aws.received(3);
    const batches = aws.requests.map(({ body }) => entriesSchema.parse(body).Entries);
    expect(batches.map((entries) => entries.length)).toEqual([10, 10, 5]);
    expect(batches.flat().map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(
      many.map(({ receiptHandle }) => receiptHandle),
    );
    for (const entries of batches) expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length);
  });

  it('goes on after a renewal that fails, and logs it', async () => {
    const { aws, recording, hold } = holding(() => (aws.requests.length === 1 ? new Error('socket hang up') : RENEWED));
    hold.keep(MESSAGES);
    await recording.written(1);
    vi.advanceTimersByTime(HOLD_SECONDS * 1000);
    await aws.received(2);
    expect(recording.of('HOLD_NOT_RENEWED')).toMatchObject([{ error: { message: 'socket hang up' } }]);
  });

  it('logs how many of its messages a renewal failed for, and why', { timeout: 1_000 }, async () => {
    const failed = (Id: string, Code: string) => ({ Id, SenderFault: true, Code });
    const { recording, hold } = holding([
      { body: { Failed: [failed('0', 'ReceiptHandleIsInvalid'), failed('1', 'InternalError')] } },
    ]);
    hold.keep(MESSAGES);
    await recording.written(1);
    expect(recording.of('HOLD_NOT_RENEWED')).toMatchObject([
      { messages: 2, codes: ['ReceiptHandleIsInvalid', 'InternalError'] },
    ]);
  });

  it.each([
    ['that fails', new Error('no')],
    [
      'that fails for one message',
      { body: { Failed: [{ Id: '0', Code: 'ReceiptHandleIsInvalid', Message: 'hush' }] } },
    ],
  ])('never logs the receipt handle in a renewal %s: whoever has it can delete the message', async (_name, answer) => {
    const { recording, hold } = holding([answer]);
    hold.keep([{ messageId: 'm1', receiptHandle: 'hush' }]);
    await recording.written(1);
    expect(recording.everything()).not.toContain('hush');
  });
});
