import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { foreignEndpoint } from './aws-environment.ts';
import { localClientOptions } from './endpoint-settings.ts';
import { LocalFailure } from './failure.ts';
import type { Instance } from './instance.ts';
import { isRunning } from './process-control.ts';

/** How far back the logs go: a start and what was tried since. */
const SINCE_MS = 60 * 60 * 1000;

/** What Lambda says about each call, and counts on their way to CloudWatch. */
const NO_LOG_LINE = /^((START|END|REPORT) RequestId|\{"_aws":)/;

const lineSchema = z.looseObject({ level: z.string(), message: z.string(), timestamp: z.string().optional() });

/**
 * `npm run logs [function]`: prints the last hour of one function's log, or of all, in the order of time.
 *
 * @throws LocalFailure when nothing is up or there is no such function
 */
export async function showLogs(instance: Instance, args: readonly string[]): Promise<number> {
  const info = instance.info();
  if (info === undefined || !endpointRuns(instance)) {
    throw new LocalFailure(
      'Haven is not up',
      'npm start brings it up; with an AWS endpoint of your own, name that again',
    );
  }
  const [wanted] = args;
  const names = FUNCTION_NAMES.filter((name) => wanted === undefined || name === wanted);
  if (names.length === 0)
    throw new LocalFailure(`There is no function ${wanted}`, `There are: ${FUNCTION_NAMES.join(', ')}`);
  const client = new CloudWatchLogsClient(localClientOptions(info.awsEndpointUrl));
  const lines = (await Promise.all(names.map((name) => readLog(client, name)))).flat();
  for (const { name, at, text } of lines.sort((a, b) => a.at - b.at)) {
    console.log(`${new Date(at).toISOString().slice(11, 23)} ${name.padEnd(18)} ${readable(text)}`);
  }
  return 0;
}

/** Its logs are the endpoint's. */
function endpointRuns(instance: Instance): boolean {
  const { endpoint } = instance.processes();
  return foreignEndpoint() !== undefined || (endpoint !== undefined && isRunning(endpoint));
}

async function readLog(
  client: CloudWatchLogsClient,
  name: string,
): Promise<{ name: string; at: number; text: string }[]> {
  const found: { name: string; at: number; text: string }[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(
        new FilterLogEventsCommand({
          logGroupName: `/haven/local/${name}`,
          startTime: Date.now() - SINCE_MS,
          nextToken,
        }),
      )
      // A function that was never called has no log yet.
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ResourceNotFoundException')
          return { events: [], nextToken: undefined };
        throw error;
      });
    for (const { timestamp, message } of page.events ?? []) {
      const text = message?.trim() ?? '';
      if (text !== '' && !NO_LOG_LINE.test(text)) found.push({ name, at: timestamp ?? 0, text });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

/** A line of the catalogue as one line of text; anything else as it is. */
function readable(text: string): string {
  let parsed: ReturnType<typeof lineSchema.safeParse>;
  try {
    parsed = lineSchema.safeParse(JSON.parse(text));
  } catch {
    return text;
  }
  if (!parsed.success) return text;
  const {
    level,
    message,
    timestamp: _at,
    service: _service,
    sampling_rate: _rate,
    xray_trace_id: _trace,
    ...fields
  } = parsed.data;
  const facts = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${level.padEnd(5)} ${message} ${facts.join(' ')}`;
}
