import type { Consumption } from '../prices.ts';
import type { OperationCounts } from './operation-counts.ts';

/** Of the lane worker; lib/stacks/lanes-stack.ts sets it. */
const WORKER_MEMORY_GB = 1;
/** Of the function that accepts; lib/stacks/api-stack.ts sets it. */
const API_MEMORY_GB = 0.5;
/** Besides the kick itself: Lambda's poller receives and deletes it, and the worker holds it once (message-hold.ts). */
const QUEUE_REQUESTS_PER_RUN = 3;
/** Haven asks nothing else of KMS; the first when it signs, the second when it makes a wallet. */
const KMS_COMMANDS = ['DecryptCommand', 'GenerateDataKeyCommand'];

/** What one of a batch of transactions uses of AWS, from the API request to its confirmation. */
export interface PerTransaction {
  /** Transactions that were accepted, sent and confirmed together. */
  readonly batch: number;
  /** Every AWS call of Haven's own code. */
  readonly awsCalls: number;
  readonly kmsCalls: number;
  /** DynamoDB write units, of tables and of indexes. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** What is billed: the above, and what surrounds Haven's code on AWS. */
  readonly consumption: Consumption;
}

/**
 * Sums up the operations that one of a batch of transactions takes part in. What surrounds them on AWS is added: the API
 * request, the functions' invocations, the queue's own requests.
 *
 * @param batch the number of transactions in the batch
 * @throws Error when an operation was not counted
 */
export function perTransaction(counts: readonly OperationCounts[], batch: number): PerTransaction {
  const limits = operation(counts, 'rate limits of one request');
  const accept = operation(counts, `accept ${batch}`);
  const worker = [operation(counts, `sign and submit ${batch}`), operation(counts, `confirm ${batch}`)];
  const shared = (measure: (counted: OperationCounts) => number, of = [accept, ...worker]) =>
    of.reduce((sum, counted) => sum + measure(counted), 0) / batch;
  const all = (measure: (counted: OperationCounts) => number) => measure(limits) + shared(measure);
  const seconds = ({ durationMs }: OperationCounts) => durationMs / 1000;
  const kmsCalls = all(({ calls }) => callsOf(calls, KMS_COMMANDS));
  const writeUnits = all(({ units }) => units.tableWriteUnits + units.indexWriteUnits);
  const readUnits = all(({ units }) => units.readUnits);
  return {
    batch,
    awsCalls: all(({ calls }) => callsOf(calls)),
    kmsCalls,
    writeUnits,
    readUnits,
    consumption: {
      dynamoWriteUnit: writeUnits,
      dynamoReadUnit: readUnits,
      kmsRequest: kmsCalls,
      sqsFifoRequest: all(({ calls }) => callsOf(calls, ['SendMessageCommand'])) + QUEUE_REQUESTS_PER_RUN / batch,
      apiRequest: 1,
      lambdaRequest: 1 + 1 / batch,
      lambdaGigabyteSecond:
        WORKER_MEMORY_GB * shared(seconds, worker) + API_MEMORY_GB * (seconds(limits) + shared(seconds, [accept])),
    },
  };
}

function operation(counts: readonly OperationCounts[], name: string): OperationCounts {
  const found = counts.find((candidate) => candidate.operation === name);
  if (found === undefined) throw new Error(`${name} was not counted`);
  return found;
}

/**
 * How many calls of some commands there were.
 *
 * @param names without them: of all
 */
export function callsOf(calls: OperationCounts['calls'], names: readonly string[] = Object.keys(calls)): number {
  return names.reduce((sum, name) => sum + (calls[name] ?? 0), 0);
}
