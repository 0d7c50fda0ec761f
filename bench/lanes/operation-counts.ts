import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ZeroAddress } from 'ethers';
import { localClientOptions } from '#local/endpoint-settings.ts';
import type { LocalInfo } from '#local/instance.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { checkRateLimits, ratePolicies } from '#shared/platform/http/rate-limits.ts';
import { createRateLimiter } from '#shared/platform/rate-limit/rate-limiter.ts';
import { type AcceptDependencies, acceptTransaction } from '#shared/transactions/accept.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import type { InProcess } from '#test/support/in-process.ts';
import { CapacityRecorder, type CapacityUsage } from '../capacity-recorder.ts';
import { createStoredItems } from '../stored-items.ts';
import type { BenchWallet } from './accounts.ts';
import { recordShapes, type WriteShape } from './store-pace.ts';
import { transferIntent } from './transfers.ts';

/** What one operation uses of AWS. */
export interface OperationCounts {
  readonly operation: string;
  /** How many transactions it was for. */
  readonly transactions: number;
  /** Calls by command name. */
  readonly calls: Readonly<Record<string, number>>;
  readonly units: CapacityUsage;
  /** How long it took here; the recording itself included. */
  readonly durationMs: number;
}

/** What was counted. */
export interface Counts {
  readonly operations: readonly OperationCounts[];
  /** Everything that the largest batch stored, from accepting to confirming. */
  readonly shapes: readonly WriteShape[];
}

/** The batches that are counted: the smallest and the largest that one commit signs. */
export const COUNTED_BATCHES = [1, 10] as const;

/** Any quota will do: the calls are the same. */
const QUOTA = 100_000;

/**
 * Counts what accepting, sending and confirming transfers use of AWS, on parts that are wired for this alone: counting
 * takes time, so these operations are not the ones that are timed.
 *
 * @param wallet one that nobody else drives
 */
export async function countOperations(info: LocalInfo, parts: InProcess, wallet: BenchWallet): Promise<Counts> {
  const counter = new AwsCallCounter();
  for (const client of [parts.client, parts.kms, parts.sqs]) counter.attach(client);
  const stored = createStoredItems(new DynamoDBClient(localClientOptions(info.awsEndpointUrl)));
  const recorder = new CapacityRecorder(stored);
  recorder.attach(parts.client);
  const shapes = recordShapes(parts.client);
  const lane = { chain_id: info.chainId, address: wallet.address };
  let serial = 0;

  const accept = (deps: AcceptDependencies) => {
    serial += 1;
    const intent = transferIntent(wallet.id, info.chainId, info.tokenAddress, serial);
    return acceptTransaction(deps, intent, parts.context());
  };
  // The kick goes out, but names a lane without work: the deployed worker must not drive the one that is counted.
  const nobody = { ...lane, address: ZeroAddress };
  const kicker: LaneKicker = { ...parts.silent, kick: (_lane, cause) => parts.accept.kicker.kick(nobody, cause) };
  const aside: AcceptDependencies = { ...parts.accept, kicker };
  const drive = (lanes: LaneDependencies) => driveLane(lanes, lane, 'bench', Deadline.in(60_000, systemClock));
  const count = async (
    operation: string,
    transactions: number,
    work: () => Promise<unknown>,
  ): Promise<OperationCounts> => {
    counter.reset();
    recorder.take();
    const began = performance.now();
    await work();
    return {
      operation,
      transactions,
      calls: counter.snapshot(),
      units: recorder.take(),
      durationMs: performance.now() - began,
    };
  };

  // What a function remembers from its first request and its first run: identity, ciphertext, the verified endpoint.
  await accept(aside);
  await drive(parts.lanes);

  const counts: OperationCounts[] = [await count('rate limits of one request', 1, () => limitOnce(parts))];
  for (const batch of COUNTED_BATCHES) {
    // In the end those of the last batch are left, which is the largest.
    shapes.length = 0;
    const accepted = await count(`accept ${batch}`, batch, async () => {
      for (let index = 0; index < batch; index += 1) await accept(aside);
    });
    counts.push(accepted);
    counts.push(await count(`sign and submit ${batch}`, batch, () => drive(onePass(parts.lanes))));
    counts.push(await count(`confirm ${batch}`, batch, () => drive(parts.lanes)));
  }
  return { operations: counts, shapes };
}

/** The same dependencies, for a driver that makes one pass: the second time, it finds nothing to do. */
export function onePass(lanes: LaneDependencies): LaneDependencies {
  let loads = 0;
  return {
    ...lanes,
    store: {
      ...lanes.store,
      load: async (key) => {
        loads += 1;
        return loads > 1 ? undefined : lanes.store.load(key);
      },
    },
  };
}

/** What every API request does before its route: two buckets, the principal's and the address's. */
/** Counts one request of a class against the quotas of its principal and address, as the API does. */
export function limitOnce(parts: InProcess, rateClass: 'public' | 'write' = 'write'): Promise<unknown> {
  const { principal, sourceAddress, log } = parts.context();
  const policies = ratePolicies({
    RATE_LIMIT_PUBLIC_PER_MINUTE: QUOTA,
    RATE_LIMIT_READ_PER_MINUTE: QUOTA,
    RATE_LIMIT_WRITE_PER_MINUTE: QUOTA,
    RATE_LIMIT_SENSITIVE_PER_MINUTE: QUOTA,
    RATE_LIMIT_WEBHOOK_PER_MINUTE: QUOTA,
  });
  const limiter = createRateLimiter(parts.client, parts.tables.ephemeral, systemClock);
  return checkRateLimits(limiter, policies[rateClass], principal, sourceAddress, log, parts.accept.metrics);
}
