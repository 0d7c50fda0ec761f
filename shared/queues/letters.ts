import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** A dead letter, held by whoever took it. */
export interface Letter {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** What its sender said beside the body. */
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** Letters of one group keep their order. */
  readonly group: string | undefined;
  /** The trace that it is part of. */
  readonly trace: string | undefined;
  /** Since when it is under way, in milliseconds since the Unix epoch: of a FIFO queue since it is dead, else since it was first sent. */
  readonly sentMs: number;
}

/** A dead-letter queue, as who redrives it works with it. */
export interface LetterBox {
  /** Takes some letters, and holds them. None: there are none that nobody holds. */
  take(): Promise<readonly Letter[]>;
  /**
   * Removes letters for good.
   *
   * @returns how many are still there: they come again
   */
  remove(letters: readonly Letter[]): Promise<number>;
  /** Lets go of letters, so that the next who takes some finds them. */
  release(letters: readonly Letter[]): Promise<void>;
}

/** SQS's most in one request. */
const BATCH = 10;

/**
 * For how long a letter that was taken is nobody else's. Longer than a run (`redrive.ts`), so that none is taken twice in one; what a killed
 * run held is there again a minute later.
 */
const HOLD_SECONDS = 60;

/** A long poll asks all of SQS's servers; a short one asks some, and may find nothing where there are few letters. */
const WAIT_SECONDS = 1;

/**
 * A dead-letter queue in SQS.
 *
 * @param url where it is
 */
export function createLetterBox(sqs: SQSClient, url: string): LetterBox {
  return {
    async take() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: BATCH,
          VisibilityTimeout: HOLD_SECONDS,
          WaitTimeSeconds: WAIT_SECONDS,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['AWSTraceHeader', 'MessageGroupId', 'SentTimestamp'],
        }),
      );
      return Messages.map(toLetter);
    },

    async remove(letters) {
      let left = 0;
      for (const batch of batchesOf(letters)) {
        const { Failed = [] } = await sqs.send(
          new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries(batch) }),
        );
        left += Failed.length;
      }
      return left;
    },

    async release(letters) {
      for (const batch of batchesOf(letters)) {
        const Entries = entries(batch).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
      }
    },
  };
}

function toLetter({
  MessageId = '',
  ReceiptHandle = '',
  Body = '',
  Attributes = {},
  MessageAttributes,
}: Message): Letter {
  return {
    id: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: MessageAttributes ?? {},
    group: Attributes.MessageGroupId,
    trace: Attributes.AWSTraceHeader,
    sentMs: Number(Attributes.SentTimestamp ?? 0),
  };
}

function entries(letters: readonly Letter[]) {
  return letters.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
}

function batchesOf(letters: readonly Letter[]): readonly (readonly Letter[])[] {
  return Array.from({ length: Math.ceil(letters.length / BATCH) }, (_, index) =>
    letters.slice(index * BATCH, (index + 1) * BATCH),
  );
}
