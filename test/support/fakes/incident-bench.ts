import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { createHandler } from '#functions/incident-keeper/handler.ts';
import { type Alert, alertSchema } from '#shared/alerts/alert.ts';
import { type IncidentRow, incidentRowSchema } from '#shared/incidents/incident-row.ts';
import { createIncidentStore } from '#shared/incidents/incident-store.ts';
import { createPatternCounters } from '#shared/incidents/pattern-counters.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock, TEST_NOW_MS } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog, type LogLine } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** A line as CloudWatch Logs has it. */
export interface KeptLine {
  readonly id: string;
  readonly timestamp: number;
  readonly message: string;
}

let lines = 0;

/** A line of a function's log as Powertools writes it. */
export function logLine({ level, text, fields }: LogLine, atMs: number = TEST_NOW_MS): KeptLine {
  lines += 1;
  const message = JSON.stringify({
    level: level.toUpperCase(),
    message: text,
    timestamp: isoTime(atMs),
    service: 'service',
    ...fields,
  });
  return { id: `line-${lines}`, timestamp: atMs, message };
}

/** What a subscription calls the keeper with. */
export function packed(batch: object) {
  return { awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } };
}

/** A batch of a function's lines, packed. */
function subscriptionEvent(functionName: string, logEvents: readonly KeptLine[]) {
  const logGroup = `/haven/local/${functionName}`;
  return packed({ messageType: 'DATA_MESSAGE', owner: '1', logGroup, logStream: 's', logEvents });
}

/**
 * The incident keeper on tables in memory.
 *
 * @param answer answers a request in their place, if it returns something
 */
export function createIncidentBench(
  answer: (request: SentRequest) => ScriptedAnswer | undefined = () => undefined,
  random: () => number = () => 0,
) {
  const dynamo = createMemoryDynamo({ logs: ['pk', 'sk'], ephemeral: ['pk'] });
  const aws = createScriptedAws((request) => answer(request) ?? dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const handler = createHandler({
    client,
    tables: { logs: 'logs' },
    store: createIncidentStore(client, 'logs', random),
    counters: createPatternCounters(client, 'ephemeral'),
    clock: createFakeClock().now,
    log: log.log,
    metrics: metrics.metrics,
  });
  const itemsOf = <T>(prefix: string, schema: z.ZodType<T>): T[] =>
    dynamo
      .items('logs')
      .map(plainItem)
      .filter(({ pk }) => z.string().parse(pk).startsWith(prefix))
      .map((item) => schema.parse(item));
  return {
    client,
    dynamo,
    log,
    metrics,
    requests: aws.requests,
    keep: (functionName: string, kept: readonly KeptLine[]) =>
      handler(subscriptionEvent(functionName, kept), lambdaContext()),
    handle: (event: unknown) => handler(event, lambdaContext()),
    rows: (): IncidentRow[] => itemsOf('INCIDENT#', incidentRowSchema),
    alerts: (): Alert[] => itemsOf('ALERT#', alertSchema),
  };
}
