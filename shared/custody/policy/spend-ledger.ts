import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { NOT_EXISTS, tooManyRivals, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { jitteredDelayMs, type RetryPolicy, type Sleep, sleep } from '#shared/platform/retry.ts';
import type { CoverCheck, SpendChange } from './spend-change.ts';
import {
  NOTHING_SPENT,
  type SpendWindow,
  spendWindowSchema,
  spent,
  withHeld,
  withReleased,
  withSpent,
} from './spend-window.ts';

/** A daily limit has no room for a transaction. */
export class OverDailyLimit extends HavenError {
  readonly transactionId: string;

  constructor({ walletId, asset, amount, transactionId }: SpendChange, cap: bigint, before: bigint) {
    super('POLICY_VIOLATION', overLimitMessage(asset, cap, before, amount), {
      details: {
        wallet_id: walletId,
        rule: 'max_value_per_day',
        asset,
        limit: cap.toString(),
        taken: before.toString(),
        amount: amount.toString(),
      },
    });
    this.transactionId = transactionId;
  }
}

/** A sentence that says what of a daily limit is taken. Base units. */
export function overLimitMessage(asset: string, cap: bigint, before: bigint, amount: bigint): string {
  return `max_value_per_day is ${cap} of ${asset}; ${before} of it is taken, and this takes ${amount}`;
}

/** Where windows are kept, and what writing them takes. */
export interface SpendLedger {
  readonly client: DynamoDBDocumentClient;
  /** The ledger table. */
  readonly table: string;
  readonly wait?: Sleep;
  /** Holds what is reserved against balances, for one write; absent: nothing is. */
  readonly cover?: CoverCheck | undefined;
}

/** A window was changed since it was read; the failed condition shows how it is now. */
class SpendRaced extends Error {
  readonly id: string;
  readonly window: SpendWindow;

  constructor(id: string, window: SpendWindow) {
    super('Another transaction was counted first');
    this.name = 'SpendRaced';
    this.id = id;
    this.window = window;
  }
}

/**
 * Each round one of the rivals wins, and a loser is shown the row by the condition that failed: so even a hundred
 * requests for one wallet are through in as many short rounds.
 */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 200, baseDelayMs: 5, maxDelayMs: 100 };

/** What a wallet has spent of an asset that its policy limits by the day. */
export function spendKey(walletId: string, asset: string) {
  return { pk: `SPEND#${walletId}`, sk: `SPEND#${asset}` };
}

/**
 * Commits a write together with what it does to daily limits: all or nothing, so that no limit is ever exceeded, however
 * many requests come at once. Without such changes it is the write and nothing more.
 *
 * @param build makes the write anew for each try; the windows are added to it as its last steps
 * @param nowMs decides which hour is under way, however long it takes
 * @throws OverDailyLimit (POLICY_VIOLATION) when a limit doesn't allow it, InsufficientBalance when a balance
 *   doesn't cover it; WRITE_CONFLICT when rivals never left; RPC_CONNECTION; what the write throws
 */
export async function commitSpending(
  ledger: SpendLedger,
  changes: readonly SpendChange[],
  build: () => WriteTransaction,
  nowMs: number,
  deadline: Deadline,
): Promise<void> {
  const { client, table, cover, wait = sleep } = ledger;
  if (changes.length === 0) return build().commit(client, deadline);
  const byRow = Map.groupBy(changes, rowId);
  const windows = await readWindows(ledger, changes);
  for (let attempt = 0; ; attempt += 1) {
    const write = build();
    for (const [id, ofRow] of byRow) {
      const before = windows.get(id) ?? NOTHING_SPENT;
      const after = changed(before, ofRow, nowMs);
      if (cover !== undefined) await cover(before, after, ofRow);
      if (after !== before) putWindow(write, table, id, ofRow, before, after);
    }
    try {
      return await write.commit(client, deadline);
    } catch (error) {
      if (!(error instanceof SpendRaced)) throw error;
      windows.set(error.id, error.window);
      const delayMs = jitteredDelayMs(RIVALS_RETRY, attempt);
      if (attempt + 1 >= RIVALS_RETRY.maxAttempts || !deadline.allows(delayMs)) throw tooManyRivals(error);
      await wait(delayMs);
    }
  }
}

function rowId({ walletId, asset }: Row): string {
  const { pk, sk } = spendKey(walletId, asset);
  return `${pk} ${sk}`;
}

/** What counts against a wallet's limit on an asset, strongly consistent. One read. */
export async function readWindow(ledger: SpendLedger, walletId: string, asset: string): Promise<SpendWindow> {
  const windows = await readWindows(ledger, [{ walletId, asset }]);
  return windows.get(rowId({ walletId, asset })) ?? NOTHING_SPENT;
}

type Row = Pick<SpendChange, 'walletId' | 'asset'>;

async function readWindows({ client, table }: SpendLedger, changes: readonly Row[]): Promise<Map<string, SpendWindow>> {
  const keys = new Map(changes.map((change) => [rowId(change), spendKey(change.walletId, change.asset)]));
  const items = await batchGet(client, table, [...keys.values()]);
  return new Map(
    items.map((item) => [`${String(item['pk'])} ${String(item['sk'])}`, spendWindowSchema.parse(item)] as const),
  );
}

/** What is released makes room for what is reserved. Which of two limits of one asset counts: the lower. */
function changed(before: SpendWindow, changes: readonly SpendChange[], nowMs: number): SpendWindow {
  let window = before;
  for (const { kind, amount } of changes) {
    if (kind.type === 'release') window = withReleased(window, amount);
    if (kind.type === 'spend') window = withSpent(window, amount, nowMs, kind.block ?? 0);
  }
  for (const change of changes) {
    if (change.kind.type !== 'reserve') continue;
    const { cap } = change.kind;
    const taken = spent(window, nowMs);
    if (cap !== null && taken + change.amount > cap) throw new OverDailyLimit(change, cap, taken);
    window = withHeld(window, change.amount);
  }
  return window;
}

function putWindow(
  write: WriteTransaction,
  table: string,
  id: string,
  [first]: readonly SpendChange[],
  before: SpendWindow,
  after: SpendWindow,
): void {
  if (first === undefined) return;
  write.put(
    table,
    {
      ...spendKey(first.walletId, first.asset),
      held: after.held,
      buckets: after.buckets,
      settled_block: after.settled_block,
      version: before.version + 1,
    },
    (existing) => new SpendRaced(id, existing === undefined ? NOTHING_SPENT : spendWindowSchema.parse(existing)),
    before.version === 0
      ? NOT_EXISTS
      : { expression: '#version = :version', names: { '#version': 'version' }, values: { ':version': before.version } },
  );
}
