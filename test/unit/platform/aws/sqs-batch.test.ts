import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';

const schema = z.strictObject({ lane: z.string() });
const record = (messageId: string, body: string) => ({
  messageId,
  receiptHandle: `handle of ${messageId}`,
  body,
  attributes: { ApproximateReceiveCount: '1' },
});

describe('readSqsBatch', () => {
  it('gives the messages that can be read, in order, and the ids of the others', () => {
    const batch = readSqsBatch(
      {
        Records: [
          record('m1', '{"lane":"a"}'),
          record('m2', 'no json'),
          record('m3', '{"lane":7}'),
          record('m4', '{"lane":"b","more":1}'),
          record('m5', ''),
          record('m6', 'null'),
          record('m7', '{"lane":"b"}'),
        ],
      },
      schema,
    );
    expect(batch.messages).toEqual([
      { messageId: 'm1', receiptHandle: 'handle of m1', body: { lane: 'a' } },
      { messageId: 'm7', receiptHandle: 'handle of m7', body: { lane: 'b' } },
    ]);
    expect(batch.unreadable).toEqual(['m2', 'm3', 'm4', 'm5', 'm6']);
  });

  it('gives nothing for an empty batch', () => {
    expect(readSqsBatch({ Records: [] }, schema)).toEqual({ messages: [], unreadable: [] });
  });

  it.each([null, {}, { Records: null }, { Records: [{ body: '{}' }] }])(
    'throws for what is no batch (%j): its messages then come back',
    (event) => {
      expect(() => readSqsBatch(event, schema)).toThrow(z.ZodError);
    },
  );
});
