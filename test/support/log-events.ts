import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';

/** Events of one answer, at the most (FilterLogEvents, API reference). The local endpoint says nothing of those that are left. */
const MAX_EVENTS = 10_000;

/**
 * Every message of a log group, page by page; some come twice.
 *
 * @param sinceMs milliseconds since the Unix epoch: what was logged before is left out
 * @throws Error when so many are of one millisecond that no page goes beyond it
 */
export async function* logMessages(
  client: CloudWatchLogsClient,
  logGroupName: string | undefined,
  sinceMs = 0,
): AsyncGenerator<readonly string[]> {
  let startTime = sinceMs;
  for (;;) {
    let count = 0;
    let lastMs = startTime;
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime })) {
      count += events.length;
      lastMs = Math.max(lastMs, ...events.slice(-1).map(({ timestamp = 0 }) => timestamp));
      yield events.map(({ message = '' }) => message);
    }
    if (count < MAX_EVENTS) return;
    if (lastMs === startTime) throw new Error(`${logGroupName} has too many lines of one millisecond to be read`);
    startTime = lastMs;
  }
}
