import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { localClientOptions } from '#local/endpoint-settings.ts';
import type { LocalInfo } from '#local/instance.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import type { ReportTable } from '../bench.ts';
import { CapacityRecorder } from '../capacity-recorder.ts';
import { number } from '../lanes/times-tables.ts';
import { formatUsd, totalPicoUsd } from '../prices.ts';
import { createStoredItems } from '../stored-items.ts';

/** What an alert uses of AWS, from the write that records it to its last delivery. */
export interface AlertCost {
  readonly channels: number;
  readonly calls: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of a thousand alerts: units, and a call of the function for each. */
  readonly picoUsd: bigint;
}

/** Enough that shards of the statistics that are new count little. */
const ALERTS = 20;

/**
 * Counts what telling alerts uses of AWS, each by a run of its own, as the stream wakes one.
 *
 * @param tell records one, and tells it
 */
export async function countAlerts(
  { awsEndpointUrl }: Pick<LocalInfo, 'awsEndpointUrl'>,
  client: DynamoDBDocumentClient,
  channels: number,
  tell: () => Promise<void>,
): Promise<AlertCost> {
  const counter = new AwsCallCounter();
  counter.attach(client);
  const recorder = new CapacityRecorder(createStoredItems(new DynamoDBClient(localClientOptions(awsEndpointUrl))));
  recorder.attach(client);
  await tell();
  counter.reset();
  recorder.take();
  for (let count = 0; count < ALERTS; count += 1) await tell();
  const used = recorder.take();
  const writeUnits = (used.tableWriteUnits + used.indexWriteUnits) / ALERTS;
  const readUnits = used.readUnits / ALERTS;
  const each = totalPicoUsd({ dynamoWriteUnit: writeUnits, dynamoReadUnit: readUnits, lambdaRequest: 1 });
  return { channels, calls: counter.total() / ALERTS, writeUnits, readUnits, picoUsd: each * 1_000n };
}

/** Shows it. */
export function costTable({ channels, calls, writeUnits, readUnits, picoUsd }: AlertCost): ReportTable {
  return {
    title: 'What alerts call and cost',
    text: `Each alert by itself, to ${channels} webhooks, statistics included; with a call of the function for each, without its duration, what the network costs, and the read of the channels.`,
    columns: ['AWS calls an alert', 'Write units', 'Read units', '1,000 alerts, USD'],
    rows: [[number(calls, 1), number(writeUnits, 1), number(readUnits, 1), formatUsd(picoUsd)]],
  };
}
