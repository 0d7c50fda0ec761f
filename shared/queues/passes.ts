import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Letter } from './letters.ts';
import { type Pass, Unreadable } from './redrive.ts';

/** Hands an event to a function, which works it later and by itself. Throws when Lambda did not take it. */
export type Call = (functionName: string, event: string) => Promise<void>;

/**
 * Sends letters back to the queue they come from, as they were: body, attributes, trace, and group where the queue is one of groups.
 *
 * @param url of the queue
 */
export function backTo(sqs: SQSClient, url: string): Pass {
  return async (letter) => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: letter.body,
        MessageAttributes: attributesOf(letter),
        ...(letter.trace === undefined
          ? {}
          : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: letter.trace } } }),
        ...(letter.group === undefined ? {} : { MessageGroupId: letter.group }),
        ...(url.endsWith('.fifo') ? { MessageDeduplicationId: deduplicationOf(letter) } : {}),
      }),
    );
  };
}

/**
 * The id by which SQS knows a letter that it took already, for five minutes. Not the message's own: whoever sends the same again within
 * five minutes of the first time would be swallowed. A letter's id is new each time it dies, so this swallows only a second pass of one death.
 */
function deduplicationOf({ id }: Letter): string {
  return `redrive-${id}`;
}

/** Without the empty lists of values that SQS answers with and takes from nobody. */
function attributesOf({ attributes }: Letter) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        DataType,
        ...(StringValue === undefined ? {} : { StringValue }),
        ...(BinaryValue === undefined ? {} : { BinaryValue }),
      },
    ]),
  );
}

/**
 * Runs a job once for all letters: each is a run that was missed or failed, which had no more to say than that it was time.
 *
 * @param functionName of the job
 */
export function runOnce(call: Call, functionName: string): Pass {
  let run: Promise<void> | undefined;
  return () => {
    run ??= call(functionName, '{}');
    return run;
  };
}

/** What Lambda sends where a call failed for good: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. */
const failedCallSchema = z.object({
  requestContext: z.object({ condition: z.string() }),
  requestPayload: z.unknown().optional(),
});

/**
 * Calls a function again with the event of each letter: that of the call that failed; or the letter itself, where EventBridge could not call
 * the function at all.
 *
 * @param functionName of the function
 */
export function callAgain(call: Call, functionName: string): Pass {
  return async (letter) => {
    const said = readJson(letter.body);
    const failed = failedCallSchema.safeParse(said);
    const event = failed.success ? failed.data.requestPayload : said;
    if (event === undefined) throw new Unreadable('No event');
    await call(functionName, JSON.stringify(event));
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Unreadable('No JSON', { cause });
  }
}
