import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { addWallet, type CreateWalletDependencies, makeWallet } from '../create-wallet.ts';
import { notePoolStatus } from './note-pool-status.ts';
import type { PoolReader } from './pool-reader.ts';
import { type PooledWallet, slotItem } from './pool-rows.ts';
import type { PoolSize } from './pool-size.ts';
import { retireUnusable } from './retire-unusable.ts';

/** What refilling the pool needs. */
export interface RefillDependencies extends Pick<CreateWalletDependencies, 'encryptor' | 'generateKey'> {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string; readonly logs: string };
  readonly pool: PoolReader;
  readonly size: PoolSize;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  /** From 0 to 1. Not for secrets: it only keeps runs that meet from making the same slots' wallets. */
  readonly random?: () => number;
}

/** Who is in audit entries of what refills do. */
export const POOL_ACTOR = 'deposit-pool';

/** Wallets that one run makes at most: what takes seconds, and a burst of KMS calls that leaves its quota to others. */
export const MAX_PER_RUN = 250;
/** Wallets made at once: enough to hide the latency of KMS and DynamoDB. */
const AT_ONCE = 8;
/** Making a wallet is a call to KMS and a write; none is begun with less time left. */
const CREATE_BUDGET_MS = 3_000;
/** After so many failures the rest is left to the next run: what fails so often is not the wallets. */
const MAX_FAILURES = 5;

/** What a run came to. */
export interface RefillReport {
  /** Wallets made and put into slots. */
  readonly pooled: number;
  /** Slots that another run filled first; the keys made for them are nowhere. */
  readonly raced: number;
  readonly failed: number;
  /** Wallets that left the pool because they may not be used any more. */
  readonly retired: number;
  /** Wallets that wait now. */
  readonly free: number;
}

/** Another run filled the slot first. */
class SlotTaken extends Error {}

/**
 * Fills every free slot of the pool with a new wallet, at most `MAX_PER_RUN` of them: key, wallet and slot in one
 * transaction, so that a run that is killed anywhere leaves no wallet without its slot and no slot without its wallet. Two runs
 * at once can't make the pool larger than it should be: they meet at a slot, and one of the two wallets is never stored. Then
 * notes how the pool stands.
 *
 * @param runId the invocation, for audit entries
 */
export async function refillPool(deps: RefillDependencies, runId: string, deadline: Deadline): Promise<RefillReport> {
  const before = await deps.pool.all();
  const retired = await retireUnusable(deps, before, { actor: POOL_ACTOR, requestId: runId }, deadline);
  const taken = new Set(before.map(({ slot }) => slot));
  const freeSlots = Array.from({ length: deps.size.target }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  const slots = shuffled(freeSlots, deps.random ?? Math.random).slice(0, MAX_PER_RUN);
  const made = await fillSlots(deps, slots, runId, deadline);
  const free = (await deps.pool.all()).length;
  const report = { ...made, retired, free };
  if (made.pooled > 0) deps.metrics.count('WalletCreated', made.pooled);
  if (made.failed > 0) deps.metrics.count('DepositPoolRefillFailed', made.failed);
  deps.metrics.count('DepositPoolFree', free);
  if (slots.length > 0 || retired > 0) deps.log.write('DEPOSIT_POOL_REFILLED', report);
  await notePoolStatus(deps, free, deadline);
  return report;
}

/** Several at once. One that fails stops no other until too many did. */
async function fillSlots(
  deps: RefillDependencies,
  slots: readonly number[],
  runId: string,
  deadline: Deadline,
): Promise<Pick<RefillReport, 'pooled' | 'raced' | 'failed'>> {
  const made = { pooled: 0, raced: 0, failed: 0 };
  const waiting = [...slots];
  async function work(): Promise<void> {
    for (let slot = waiting.shift(); slot !== undefined; slot = waiting.shift()) {
      if (made.failed >= MAX_FAILURES || !deadline.allows(CREATE_BUDGET_MS)) return;
      try {
        await fillSlot(deps, slot, runId, deadline);
        made.pooled += 1;
      } catch (error) {
        if (error instanceof SlotTaken) {
          made.raced += 1;
        } else {
          made.failed += 1;
          deps.log.write('DEPOSIT_POOL_REFILL_FAILED', { slot, error });
        }
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}

/** Makes a wallet as the provisioner does, and puts it into a slot in the transaction that stores it. */
async function fillSlot(deps: RefillDependencies, slot: number, runId: string, deadline: Deadline): Promise<void> {
  const made = await makeWallet(deps, { purpose: 'deposit', custody: 'envelope', label: null, tags: {} });
  const { id: walletId, address } = made.wallet;
  const pooled: PooledWallet = { slot, walletId, address };
  const write = new WriteTransaction();
  write.put(deps.tables.ledger, slotItem(pooled), () => new SlotTaken());
  addWallet(write, deps.tables, made, {
    principal: { id: POOL_ACTOR, name: POOL_ACTOR, scopes: [] },
    requestId: runId,
  });
  await write.commit(deps.client, deadline);
}

/** Another order each time, so that runs that meet fill different slots first (Fisher and Yates). */
function shuffled(slots: readonly number[], random: () => number): readonly number[] {
  const order = [...slots];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [order[last], order[other]];
    if (a !== undefined && b !== undefined) [order[last], order[other]] = [b, a];
  }
  return order;
}
