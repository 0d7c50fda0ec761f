import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import {
  type CustodyState,
  custodyKey,
  custodyStateSchema,
  readMadeState,
  recordKeyUse,
} from '#shared/custody/custody-state.ts';
import { type StoredPolicy, storedPolicySchema } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { commitSpending, OverDailyLimit, readWindow } from '#shared/custody/policy/spend-ledger.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { NO_WAKER, type OutboxWaker } from '#shared/platform/outbox/outbox-waker.ts';
import { noticeOf } from '../event-notice.ts';
import { laneItem, lanePartition, signedBytesKey, transactionItem, transactionKey } from '../ledger-items.ts';
import { type Change, isVersion, putTransition } from '../put-transition.ts';
import { freesLane, nativeCap, spendingOf } from '../reservation.ts';
import { type Transaction, transactionSchema } from '../transaction.ts';
import type { Transition } from '../transition.ts';
import { endMessage } from '../watcher.ts';
import { type LaneKey, type LaneState, laneStateSchema, newLane, SEND_BATCH } from './lane.ts';
import { afterChanges, withSlots } from './lane-change.ts';
import { LaneRaced, type LaneStore, type StoredLane } from './lane-store.ts';
import { type LowBalance, lowBalanceItem, lowBalanceKey, lowBalanceSchema } from './low-balance.ts';

const queueRowSchema = z.object({ transaction_id: z.string(), wallet_id: z.string() });
const signedRowSchema = z.object({ sk: z.string(), bytes: z.instanceof(Uint8Array) });

/**
 * Items of the changes of one write: three per change that may come in such numbers (state, audit entry, outbox or queue place; only of the
 * queue's ten a change has all four), and one for what integrators are told of it. With one for the lane, its alerts (three at most) and a row
 * for each daily limit (of a policy eight at most) they stay below a DynamoDB transaction's 100.
 */
const ITEMS_PER_COMMIT = 72;
const ITEMS_PER_CHANGE = 3;

/**
 * Lanes in the ledger table, with their audit entries and alerts.
 *
 * @param waker told of outbox messages that final states leave
 */
export function createLaneStore(
  client: DynamoDBDocumentClient,
  tables: { readonly ledger: string; readonly audit: string; readonly logs: string },
  waker: OutboxWaker = NO_WAKER,
): LaneStore {
  const spending = { client, table: tables.ledger };

  async function query(key: LaneKey, limit: number, queueOnly: boolean): Promise<readonly Record<string, unknown>[]> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: tables.ledger,
        KeyConditionExpression: queueOnly ? 'pk = :pk AND begins_with(sk, :queue)' : 'pk = :pk',
        ExpressionAttributeValues: { ':pk': lanePartition(key), ...(queueOnly ? { ':queue': 'QUEUE#' } : {}) },
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items ?? [];
  }

  async function loadTransactions(
    ids: readonly string[],
    walletId: string,
    chainId: number,
  ): Promise<Pick<StoredLane, 'custody' | 'policy' | 'lowBalance'> & { byId: Map<string, Transaction> }> {
    const byId = new Map<string, Transaction>();
    let custody: CustodyState | undefined;
    let policy: StoredPolicy | undefined;
    let lowBalance: LowBalance | undefined;
    const lowKey = lowBalanceKey({ wallet_id: walletId, chain_id: chainId });
    const keys = [custodyKey(walletId), policyKey(walletId), lowKey, ...ids.map(transactionKey)];
    for (const item of await batchGet(client, tables.ledger, keys)) {
      if (item['sk'] === 'CUSTODY') custody = custodyStateSchema.parse(item);
      else if (item['sk'] === 'POLICY') policy = storedPolicySchema.parse(item);
      else if (item['sk'] === lowKey.sk) lowBalance = lowBalanceSchema.parse(item);
      else {
        const transaction = transactionSchema.parse(item);
        byId.set(transaction.id, transaction);
      }
    }
    custody ??= await readMadeState(client, tables.ledger, walletId);
    if (custody === undefined) throw new Error(`Wallet ${walletId} has no custody state`);
    return { byId, custody, policy, lowBalance };
  }

  return {
    async load(key) {
      const items = await query(key, 1 + SEND_BATCH, false);
      const laneRow = items.find((item) => item['sk'] === 'LANE');
      const queueRows = items.filter((item) => item['sk'] !== 'LANE').map((item) => queueRowSchema.parse(item));
      const known = laneRow === undefined ? undefined : laneStateSchema.parse(laneRow);
      const walletId = known?.wallet_id ?? queueRows[0]?.wallet_id;
      if (walletId === undefined || (known?.in_flight.length ?? 0) + queueRows.length === 0) return undefined;
      const lane = known ?? newLane(key, walletId);
      const flightIds = lane.in_flight.map((slot) => slot.id);
      const queueIds = queueRows.slice(0, SEND_BATCH).map((row) => row.transaction_id);
      const { byId, ...ofWallet } = await loadTransactions([...flightIds, ...queueIds], walletId, key.chain_id);
      const pick = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
      return {
        lane,
        ...ofWallet,
        inFlight: pick(flightIds),
        // A queue row and its transaction are written together; one that has left the queue meanwhile is not for us.
        queued: pick(queueIds).filter((transaction) => transaction.status === 'queued'),
      };
    },

    async hasQueued(key) {
      return (await query(key, 1, true)).length > 0;
    },

    async signedBytes(attempts) {
      const items = await batchGet(
        client,
        tables.ledger,
        attempts.map(({ id, hash }) => signedBytesKey(id, hash)),
      );
      return new Map(
        items.map((item) => {
          const row = signedRowSchema.parse(item);
          return [row.sk.slice('SIGNED#'.length), `0x${Buffer.from(row.bytes).toString('hex')}`] as const;
        }),
      );
    },

    async claim(stored, signed, keyUse, at, deadline) {
      const { lane, custody, policy } = stored;
      const after = withSlots(
        lane,
        signed.map(({ transition }) => transition),
        at,
      );
      const build = () => {
        const write = new WriteTransaction();
        putLane(write, tables.ledger, lane, after);
        recordKeyUse(write, tables, lane.wallet_id, custody, keyUse, at, () => new LaneRaced('the custody state'));
        const unchanged = policy === undefined ? NOT_EXISTS : isVersion(policy);
        write.check(tables.ledger, policyKey(lane.wallet_id), () => new LaneRaced('the policy'), unchanged);
        for (const { transition, hash, signed: bytes, created } of signed) {
          if (created === undefined) putTransition(write, tables, transition, raced);
          else putCreated(write, tables, transition, created);
          write.put(
            tables.ledger,
            { ...signedBytesKey(transition.after.id, hash), bytes: Buffer.from(bytes.slice(2), 'hex') },
            () => new LaneRaced('signed bytes'),
          );
        }
        return write;
      };
      const cap = nativeCap(policy, lane.chain_id) ?? null;
      const taken = signed.flatMap(({ transition }) =>
        spendingOf(transition, freesLane(transition.after) ? null : cap),
      );
      await commitSpending(spending, taken, build, Date.parse(at), deadline).catch((error: unknown) => {
        // There was room a moment ago, when it was asked for: whoever took it, the next look asks again.
        throw error instanceof OverDailyLimit ? new LaneRaced('the daily limit') : error;
      });
      return after;
    },

    async recordRefusal({ lane, custody }, refusal, at, deadline) {
      const write = new WriteTransaction();
      recordKeyUse(write, tables, lane.wallet_id, custody, refusal, at, () => new LaneRaced('the custody state'));
      await write.commit(client, deadline);
    },

    async apply(lane, transitions, amendments, deadline, patch = {}, alerts = []) {
      let current = lane;
      for (const [index, part] of commitsOf([...transitions, ...amendments]).entries()) {
        const before = current;
        const after = afterChanges(before, part, index === 0 ? patch : {});
        const build = () => {
          const write = new WriteTransaction();
          putLane(write, tables.ledger, before, after);
          for (const change of part) putTransition(write, tables, change, raced);
          for (const alert of index === 0 ? alerts : []) recordAlert(write, tables, alert);
          return write;
        };
        const changes = part.flatMap((change) => spendingOf(change));
        const atMs = Math.max(0, ...part.map((change) => Date.parse(change.after.updated_at)));
        if (build().size > 0) await commitSpending(spending, changes, build, atMs, deadline);
        await waker.wake(part.flatMap((change) => endMessage(change)?.id ?? []));
        current = after;
      }
      return current;
    },

    async reserve(amendment, changes, nowMs, deadline) {
      const build = () => {
        const write = new WriteTransaction();
        putTransition(write, tables, amendment, raced);
        return write;
      };
      await commitSpending(spending, changes, build, nowMs, deadline);
    },

    spendWindow: (walletId, asset) => readWindow(spending, walletId, asset),

    async putLowBalance(before, after, deadline, alert) {
      const write = new WriteTransaction();
      const unchanged = before === undefined ? NOT_EXISTS : isVersion(before);
      write.put(tables.ledger, lowBalanceItem(after), () => new LaneRaced('the low balance'), unchanged);
      if (alert !== undefined) recordAlert(write, tables, alert);
      await write.commit(client, deadline);
    },
  };
}

const raced = (what: string) => new LaneRaced(what);

/** Changes by the writes they are part of; at least one, for what changes of the lane alone. */
function commitsOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const commits: Change[][] = [[]];
  let items = 0;
  for (const change of changes) {
    const needed = ITEMS_PER_CHANGE + (noticeOf(change) === undefined ? 0 : 1);
    if (items + needed > ITEMS_PER_COMMIT) {
      commits.push([]);
      items = 0;
    }
    commits.at(-1)?.push(change);
    items += needed;
  }
  return commits;
}

function putLane(write: WriteTransaction, table: string, before: LaneState, after: LaneState): void {
  if (after === before) return;
  write.put(
    table,
    laneItem(after),
    () => new LaneRaced('the lane'),
    before.version === 0 ? NOT_EXISTS : isVersion(before),
  );
}

/** Writes a transaction that the lane itself made: it was never in the queue. */
function putCreated(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  { after, entry }: Transition,
  created: AuditEntry,
): void {
  write.put(tables.ledger, transactionItem(after), () => new LaneRaced(after.id));
  appendEntry(write, tables.audit, created);
  appendEntry(write, tables.audit, entry);
}
