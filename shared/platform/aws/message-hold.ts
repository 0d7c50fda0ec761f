import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Log } from '../log/logger.ts';

/**
 * A worker that is killed gives its messages back this soon. The queue's own visibility time-out must be six times the
 * function's (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html); waiting that long would leave
 * a lane without a driver for minutes.
 */
export const HOLD_SECONDS = 10;
/** Well before the hold ends, so that one slow renewal doesn't lose the messages. */
const RENEW_MS = 4_000;

/** Keeps messages invisible while they are worked on, and only then. */
export interface MessageHold {
  /**
   * Holds messages from now on.
   *
   * @returns ends the hold: nothing more is renewed
   */
  keep(messages: readonly { readonly messageId: string; readonly receiptHandle: string }[]): () => void;
}

/**
 * Holds messages by renewing a short visibility time-out while the process lives. A renewal that fails is logged:
 * another worker may then start beside this one, which every consumer must bear anyway.
 */
export function createMessageHold(sqs: SQSClient, queueUrl: string, log: Log): MessageHold {
  return {
    keep(messages) {
      if (messages.length === 0) return () => undefined;
      const renew = () => {
        const entries = messages.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: HOLD_SECONDS,
        }));
        sqs
          .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }))
          .catch((error: unknown) => log.write('HOLD_NOT_RENEWED', { error }));
      };
      renew();
      const timer = setInterval(renew, RENEW_MS);
      return () => clearInterval(timer);
    },
  };
}
