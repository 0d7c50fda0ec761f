import { describe, expect, it } from 'vitest';
import { createFinishedMessages } from '#shared/platform/aws/finished-messages.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createScriptedAws, type Script, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/000000000000/kicks.fifo';
const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ messageId: `m${index}`, receiptHandle: `h${index}` }));

function finishing(script: Script) {
  const aws = createScriptedAws(script);
  const recording = createRecordingLog();
  return { aws, recording, finished: createFinishedMessages(scriptedSqsClient(aws), QUEUE, recording.log) };
}

describe('messages that are done before their batch', () => {
  it('are removed by their receipts', async () => {
    const { aws, finished } = finishing([{ body: { Successful: [], Failed: [] } }]);
    await finished.remove(messages(2));
    expect(aws.requests).toEqual([
      {
        operation: 'DeleteMessageBatch',
        body: {
          QueueUrl: QUEUE,
          Entries: [
            { Id: '0', ReceiptHandle: 'h0' },
            { Id: '1', ReceiptHandle: 'h1' },
          ],
        },
      },
    ]);
  });

  it('are removed ten at a time, as SQS takes them', async () => {
    const { aws, finished } = finishing(() => ({ body: { Successful: [], Failed: [] } }));
    await finished.remove(messages(21));
    expect(aws.requests).toHaveLength(3);
  });

  it('stay for their batch when SQS does not answer, and nobody fails for it', async () => {
    const { recording, finished } = finishing(() => new Error('no route'));
    await finished.remove(messages(1));
    expect(recording.of('MESSAGES_NOT_REMOVED')).toHaveLength(1);
  });
});
