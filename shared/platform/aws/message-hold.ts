import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Log } from '../log/logger.ts';

/**
 * A worker that is killed gives its messages back this soon. The queue's own visibility time-out can't be shorter than the
 * function's time-out (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
 */
export const HOLD_SECONDS = 6;
/** Well before the hold ends, so that one slow renewal doesn't lose the messages. */
const RENEW_MS = 2_000;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html */
const MAX_BATCH = 10;

/** A message that is being worked on. */
export interface HeldMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
}

/** Keeps messages invisible while they are worked on, and only then. */
export interface MessageHold {
  /**
   * Holds messages from now on.
   *
   * @returns ends the hold: nothing more is renewed
   */
  keep(messages: readonly HeldMessage[]): () => void;
}

/**
 * Holds messages by renewing a short visibility time-out while the process lives. A renewal that fails is logged:
 * another worker may then start beside this one, which every consumer must bear anyway.
 */
export function createMessageHold(sqs: SQSClient, queueUrl: string, log: Log): MessageHold {
  async function renewAll(messages: readonly HeldMessage[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MAX_BATCH) {
      const Entries = messages.slice(start, start + MAX_BATCH).map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: HOLD_SECONDS,
      }));
      const { Failed } = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed !== undefined && Failed.length > 0) {
        log.write('HOLD_NOT_RENEWED', { messages: Failed.length, codes: Failed.map(({ Code }) => Code) });
      }
    }
  }

  return {
    keep(messages) {
      if (messages.length === 0) return () => undefined;
      const renew = () => {
        renewAll(messages).catch((error: unknown) => log.write('HOLD_NOT_RENEWED', { error }));
      };
      renew();
      const timer = setInterval(renew, RENEW_MS);
      return () => clearInterval(timer);
    },
  };
}
