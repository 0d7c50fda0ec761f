import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { acknowledge } from './acknowledge.ts';
import type { HavenFunction } from './haven-function.ts';
import type { HavenTable } from './haven-table.ts';

/** Records of one call. */
const BATCH = 10;
/** A record that is older wakes nobody: the schedule has been by. */
const MAX_RECORD_AGE = Duration.minutes(1);

/** Who is woken, and by what. */
export interface StreamWakeProps {
  readonly target: HavenFunction;
  /** Has a stream of keys. */
  readonly table: HavenTable;
  /** The sort key of the rows that wake: `NOTICE`. */
  readonly sortKey: string;
  /** What their partition keys begin with, where others have that sort key too. */
  readonly partitions?: string;
  /** Batches of one shard at once, so that one that hangs holds up no other. */
  readonly atOnce: number;
  /** Where the work stands that a lost wake was about, in a clause: `an alert stays in ... until ...`. */
  readonly workStays: string;
}

/**
 * Wakes a function within a second of a new row. A wake carries no work: what one could not do the function's schedule does, so none is kept or
 * repeated, and no shard waits for one.
 */
export function wakeByStream(
  id: string,
  { target, table, sortKey, partitions, atOnce, workStays }: StreamWakeProps,
): void {
  const mapping = target.function.addEventSourceMapping(id, {
    eventSourceArn: table.streamArn,
    startingPosition: lambda.StartingPosition.LATEST,
    batchSize: BATCH,
    parallelizationFactor: atOnce,
    retryAttempts: 0,
    maxRecordAge: MAX_RECORD_AGE,
    filters: [
      lambda.FilterCriteria.filter({
        eventName: lambda.FilterRule.isEqual('INSERT'),
        dynamodb: {
          Keys: {
            ...(partitions === undefined ? {} : { pk: { S: lambda.FilterRule.beginsWith(partitions) } }),
            sk: { S: lambda.FilterRule.isEqual(sortKey) },
          },
        },
      }),
    ],
  });
  acknowledge(
    mapping,
    'Serverless-LambdaEventSourceMappingDestination',
    `A wake carries no work: ${workStays}, and the schedule finds it there.`,
  );
}
