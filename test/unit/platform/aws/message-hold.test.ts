import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMessageHold, HOLD_SECONDS } from '#shared/platform/aws/message-hold.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createScriptedAws, type Script, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/000000000000/kicks.fifo';
const MESSAGES = [
  { messageId: 'm1', receiptHandle: 'h1' },
  { messageId: 'm2', receiptHandle: 'h2' },
];
const RENEWED = { body: { Successful: [{ Id: '0' }, { Id: '1' }], Failed: [] } };

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

  it('is renewed so often that one lost renewal does not end it', async () => {
    const { aws, hold } = holding(() => RENEWED);
    hold.keep(MESSAGES);
    vi.advanceTimersByTime((HOLD_SECONDS * 1000) / 2);
    await aws.received(2);
    vi.advanceTimersByTime((HOLD_SECONDS * 1000) / 2);
    await aws.received(3);
    expect(aws.requests).toHaveLength(3);
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

  it('goes on after a renewal that fails, and logs it', async () => {
    const { aws, recording, hold } = holding([new Error('socket hang up'), RENEWED]);
    hold.keep(MESSAGES);
    await recording.written(1);
    vi.advanceTimersByTime(5_000);
    await aws.received(2);
    expect(recording.of('HOLD_NOT_RENEWED')).toMatchObject([{ error: { message: 'socket hang up' } }]);
  });

  it('logs a renewal that fails for one message only', { timeout: 1_000 }, async () => {
    const failed = { Id: '1', SenderFault: true, Code: 'ReceiptHandleIsInvalid' };
    const { recording, hold } = holding([{ body: { Successful: [{ Id: '0' }], Failed: [failed] } }]);
    hold.keep(MESSAGES);
    await recording.written(1);
    expect(recording.of('HOLD_NOT_RENEWED')).toHaveLength(1);
  });

  it('never logs a receipt handle: whoever has it can delete the message', async () => {
    const { recording, hold } = holding([new Error('no')]);
    hold.keep([{ messageId: 'm1', receiptHandle: 'hush' }]);
    await recording.written(1);
    expect(recording.everything()).not.toContain('hush');
  });
});
