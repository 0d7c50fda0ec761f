import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localClientOptions } from '#local/endpoint-settings.ts';
import type { LocalInfo } from '#local/instance.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import type { JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import { payAddress } from '#test/support/fakes/scan-desk.ts';
import type { ScanLab } from '#test/support/scan-lab.ts';
import { CapacityRecorder, type CapacityUsage } from '../capacity-recorder.ts';
import { createStoredItems } from '../stored-items.ts';

/** What one pass over some blocks uses. */
export interface PassCounts {
  readonly what: string;
  readonly blocks: number;
  /** Payments that were seen, or confirmed. */
  readonly payments: number;
  readonly rpcRequests: number;
  readonly rpcCalls: number;
  readonly awsCalls: number;
  readonly units: CapacityUsage;
}

const BLOCKS = 20;
/** What an order of the lab asks for, in base units. */
const DUE = 1_000_000n;

/**
 * Counts what passes over 20 blocks use: without a payment, with one and ten that are seen, and when those are confirmed. Counting takes time, so
 * nothing is timed here.
 *
 * @param orders numbers of at least 11 orders that nobody has paid
 */
export async function countPasses(
  { awsEndpointUrl }: Pick<LocalInfo, 'awsEndpointUrl'>,
  lab: ScanLab,
  orders: readonly number[],
): Promise<readonly PassCounts[]> {
  const client = lab.newClient();
  const counter = new AwsCallCounter();
  counter.attach(client);
  const recorder = new CapacityRecorder(createStoredItems(new DynamoDBClient(localClientOptions(awsEndpointUrl))));
  recorder.attach(client);
  const asked = { requests: 0, calls: 0 };
  const rpc: JsonRpc = {
    ask(calls, read, deadline) {
      asked.requests += 1;
      asked.calls += calls.length;
      return lab.endpoint.ask(calls, read, deadline);
    },
  };
  const counts: PassCounts[] = [];
  const queue = [...orders];

  async function pass(what: string, blocks: number, pays: number, payments: number): Promise<void> {
    for (const n of queue.splice(0, pays)) {
      const data = lab.payer.data('HavenToken', 'transfer', payAddress(n), DUE);
      await lab.payer.send({ to: lab.token, data });
    }
    for (let block = 0; block < blocks; block += 1) await lab.mine();
    counter.reset();
    recorder.take();
    Object.assign(asked, { requests: 0, calls: 0 });
    await lab.scan(client, rpc);
    const used = { rpcRequests: asked.requests, rpcCalls: asked.calls, awsCalls: counter.total() };
    counts.push({ what, blocks, payments, ...used, units: recorder.take() });
  }

  await lab.scan(client, rpc);
  await pass('nothing new', 0, 0, 0);
  await pass(`${BLOCKS} blocks, nobody paid`, BLOCKS, 0, 0);
  await pass('a block, one payment is seen', 1, 1, 1);
  await pass('a block, one payment is confirmed', 1, 0, 1);
  await pass('a block, ten payments are seen', 1, 10, 10);
  await pass('a block, ten payments are confirmed', 1, 0, 10);
  return counts;
}
