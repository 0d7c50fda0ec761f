import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { Incident } from './incident.ts';
import { readLine } from './read-line.ts';

/** What a subscription of a log group calls a function with (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). */
const eventSchema = z.object({ awslogs: z.object({ data: z.base64() }) });

/** `CONTROL_MESSAGE`: CloudWatch Logs tries whether it reaches the function. It names no log group, and its line has no id. */
const typeSchema = z.object({ messageType: z.string() });

const batchSchema = z.object({
  /** `/haven/<stage>/<function>`. */
  logGroup: z.string(),
  logEvents: z.array(z.object({ id: z.string().min(1), timestamp: z.number(), message: z.string() })),
});

/** Lambda takes 6 MB of an event, packed; what unpacks to more than this was made to harm. */
const MAX_UNPACKED_BYTES = 64 * 1_024 * 1_024;

/**
 * Reads what a batch of log lines tells of.
 *
 * @throws ZodError, RangeError or SyntaxError when it is no batch of a subscription
 */
export function readBatch(event: unknown): readonly Incident[] {
  const { data } = eventSchema.parse(event).awslogs;
  const unpacked = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_UNPACKED_BYTES });
  const json: unknown = JSON.parse(unpacked.toString('utf8'));
  if (typeSchema.parse(json).messageType !== 'DATA_MESSAGE') return [];
  const batch = batchSchema.parse(json);
  const functionName = batch.logGroup.split('/').at(-1) ?? batch.logGroup;
  return batch.logEvents.flatMap((line) => readLine(functionName, line) ?? []);
}
