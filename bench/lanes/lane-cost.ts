import type { Consumption } from '../prices.ts';
import type { OperationCounts } from './operation-counts.ts';

/** Of the lane worker; lib/stacks/lanes-stack.ts sets it. */
const WORKER_MEMORY_GB = 1;
/** Besides the kick itself: Lambda's poller receives and deletes it, and the worker holds it once (message-hold.ts). */
const QUEUE_REQUESTS_PER_RUN = 3;
/** https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html: Haven decrypts data keys only. */
const KMS_COMMANDS = ['DecryptCommand', 'GenerateDataKeyCommand'];

/**
 * What one transaction uses when a batch is accepted, sent and confirmed together. The counts are those of the operations;
 * what surrounds them on AWS is added: the API request, the functions' invocations, the queue's own requests.
 *
 * @param batch the number of transactions in the batch
 * @throws Error when an operation was not counted
 */
export function consumptionPerTransaction(counts: readonly OperationCounts[], batch: number): Consumption {
  const of = (operation: string): OperationCounts => {
    const found = counts.find((candidate) => candidate.operation === operation);
    if (found === undefined) throw new Error(`${operation} was not counted`);
    return found;
  };
  const limits = of('rate limits of one request');
  const worker = [of(`sign and submit ${batch}`), of(`confirm ${batch}`)];
  const batched = [of(`accept ${batch}`), ...worker];
  const shared = (measure: (counted: OperationCounts) => number, of: readonly OperationCounts[] = batched) =>
    of.reduce((sum, counted) => sum + measure(counted), 0) / batch;
  const written = ({ units }: OperationCounts) => units.tableWriteUnits + units.indexWriteUnits;
  return {
    dynamoWriteUnit: written(limits) + shared(written),
    dynamoReadUnit: limits.units.readUnits + shared(({ units }) => units.readUnits),
    kmsRequest: shared(({ calls }) => callsOf(calls, KMS_COMMANDS)),
    sqsFifoRequest: shared(({ calls }) => callsOf(calls, ['SendMessageCommand'])) + QUEUE_REQUESTS_PER_RUN / batch,
    apiRequest: 1,
    lambdaRequest: 1 + 1 / batch,
    lambdaGigabyteSecond: WORKER_MEMORY_GB * shared(({ durationMs }) => durationMs / 1000, worker),
  };
}

function callsOf(calls: OperationCounts['calls'], names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (calls[name] ?? 0), 0);
}
