import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import type { AuditContent } from '#shared/audit/audit-entry.ts';
import { type CustodyState, custodyKey, custodyStateSchema, recordKeyUse } from '#shared/custody/custody-state.ts';
import { type StoredPolicy, storedPolicySchema } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { commitSpending, type SpendChange } from '#shared/custody/policy/spend-ledger.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { laneItem, lanePartition, queueKey, signedBytesKey, transactionItem, transactionKey } from '../ledger-items.ts';
import { givenBackBy } from '../reservation.ts';
import { type Transaction, transactionSchema } from '../transaction.ts';
import { isFinal, type Transition } from '../transition.ts';
import { type LaneSnapshot, SEND_BATCH } from './decide.ts';
import { type LaneKey, type LaneState, laneStateSchema, newLane } from './lane.ts';
import { type LowBalance, lowBalanceItem, lowBalanceKey, lowBalanceSchema } from './low-balance.ts';

/** Another driver changed the lane since it was read: nothing was written, and the lane must be read again. */
export class LaneRaced extends Error {
  constructor(what: string) {
    super(`Raced on ${what}`);
    this.name = 'LaneRaced';
  }
}

/** Everything stored about a lane that has work. */
export interface StoredLane extends LaneSnapshot {
  readonly custody: CustodyState;
  /** What its wallet may do; undefined: it has never been given a policy. */
  readonly policy?: StoredPolicy | undefined;
  /** Whether it has run low on this chain; undefined: it never has. */
  readonly lowBalance?: LowBalance | undefined;
}

/** A transaction that was just signed. */
export interface SignedTransition {
  readonly transition: Transition;
  readonly hash: string;
  /** The signed bytes, hex. */
  readonly signed: string;
}

/** Reads and changes lanes. Every change is one DynamoDB transaction, conditional on what was read; a lost race throws LaneRaced. */
export interface LaneStore {
  /** The lane and its open transactions, strongly consistent; undefined when it has none. Two reads. */
  load(key: LaneKey): Promise<StoredLane | undefined>;
  /** Whether anything is queued. One small read. */
  hasQueued(key: LaneKey): Promise<boolean>;
  /** Signed bytes by hash. */
  signedBytes(
    attempts: readonly { readonly id: string; readonly hash: string }[],
  ): Promise<ReadonlyMap<string, string>>;
  /**
   * Consumes nonces: the lane's counter, every transaction's new state, its signed bytes and its place in the queue,
   * and the record that the key was used, at once (invariant 2). Fails when the wallet was paused or revoked.
   *
   * @returns the lane after it
   */
  claim(
    stored: StoredLane,
    signed: readonly SignedTransition[],
    nextNonce: number,
    keyUse: AuditContent,
    at: string,
    deadline: Deadline,
  ): Promise<LaneState>;
  /** Records on the wallet's stream that its key was asked for and could not be used. */
  recordRefusal(stored: StoredLane, refusal: AuditContent, at: string, deadline: Deadline): Promise<void>;
  /**
   * Writes state changes, and changes of facts that are none. Final ones leave the lane.
   *
   * @returns the lane after it
   */
  apply(
    lane: LaneState,
    transitions: readonly Transition[],
    amendments: readonly Omit<Transition, 'entry'>[],
    deadline: Deadline,
  ): Promise<LaneState>;
  /**
   * Counts a queued transaction against daily limits anew, and notes on it by which version of the policy.
   *
   * @throws POLICY_VIOLATION when a limit doesn't allow it; then nothing was written
   */
  reserve(
    amendment: Omit<Transition, 'entry'>,
    changes: readonly SpendChange[],
    nowMs: number,
    deadline: Deadline,
  ): Promise<void>;
  /** Stores that the wallet runs low on the lane's chain, or no longer does. */
  putLowBalance(before: LowBalance | undefined, after: LowBalance, deadline: Deadline): Promise<void>;
}

const queueRowSchema = z.object({ transaction_id: z.string(), wallet_id: z.string() });
const signedRowSchema = z.object({ sk: z.string(), bytes: z.instanceof(Uint8Array) });

/** Two items per change and one for the lane stay below a DynamoDB transaction's 100. */
const CHANGES_PER_COMMIT = 45;

/** Giving back doesn't look at the time: each amount says in which hour it counts. */
const GIVEN_BACK_AT_MS = 0;

/** Lanes in the ledger table, with their audit entries. */
export function createLaneStore(
  client: DynamoDBDocumentClient,
  tables: { readonly ledger: string; readonly audit: string },
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

    async claim(stored, signed, nextNonce, keyUse, at, deadline) {
      const { lane, custody } = stored;
      const write = new WriteTransaction();
      const slots = signed.map(({ transition: { after } }) => {
        if (after.nonce === null) throw new Error(`${after.id} was signed without a nonce`);
        return { nonce: after.nonce, id: after.id };
      });
      const after = {
        ...lane,
        next_nonce: nextNonce,
        in_flight: [...lane.in_flight, ...slots],
        version: lane.version + 1,
      };
      putLane(write, tables.ledger, lane, after);
      recordKeyUse(write, tables, lane.wallet_id, custody, keyUse, at, () => new LaneRaced('the custody state'));
      for (const { transition, hash, signed: bytes } of signed) {
        putTransition(write, tables, transition);
        write.put(
          tables.ledger,
          { ...signedBytesKey(transition.after.id, hash), bytes: Buffer.from(bytes.slice(2), 'hex') },
          () => new LaneRaced('signed bytes'),
        );
      }
      await write.commit(client, deadline);
      return after;
    },

    async recordRefusal({ lane, custody }, refusal, at, deadline) {
      const write = new WriteTransaction();
      recordKeyUse(write, tables, lane.wallet_id, custody, refusal, at, () => new LaneRaced('the custody state'));
      await write.commit(client, deadline);
    },

    async apply(lane, transitions, amendments, deadline) {
      let current = lane;
      const changes = [...transitions, ...amendments];
      for (let start = 0; start < changes.length; start += CHANGES_PER_COMMIT) {
        const part = changes.slice(start, start + CHANGES_PER_COMMIT);
        const leaving = new Set(part.filter(({ after }) => isFinal(after.status)).map(({ after }) => after.id));
        const inFlight = current.in_flight.filter((slot) => !leaving.has(slot.id));
        const before = current;
        if (inFlight.length !== before.in_flight.length) {
          current = { ...before, in_flight: inFlight, version: before.version + 1 };
        }
        const after = current;
        const build = () => {
          const write = new WriteTransaction();
          if (after !== before) putLane(write, tables.ledger, before, after);
          for (const change of part) putTransition(write, tables, change);
          return write;
        };
        const givenBack = part.flatMap((change) => givenBackBy(change.before, change.after));
        await commitSpending(spending, givenBack, build, GIVEN_BACK_AT_MS, deadline);
      }
      return current;
    },

    async reserve(amendment, changes, nowMs, deadline) {
      const build = () => {
        const write = new WriteTransaction();
        putTransition(write, tables, amendment);
        return write;
      };
      await commitSpending(spending, changes, build, nowMs, deadline);
    },

    async putLowBalance(before, after, deadline) {
      const write = new WriteTransaction();
      const unchanged = before === undefined ? NOT_EXISTS : isVersion(before);
      write.put(tables.ledger, lowBalanceItem(after), () => new LaneRaced('the low balance'), unchanged);
      await write.commit(client, deadline);
    },
  };
}

function putLane(write: WriteTransaction, table: string, before: LaneState, after: LaneState): void {
  write.put(
    table,
    laneItem(after),
    () => new LaneRaced('the lane'),
    before.version === 0 ? NOT_EXISTS : isVersion(before),
  );
}

/** Writes one change, conditional on the state and version it was computed from; leaving `queued` gives up the place in the queue. */
function putTransition(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  change: Omit<Transition, 'entry'> & { readonly entry?: Transition['entry'] },
): void {
  const { before, after } = change;
  const { expression, names, values } = isVersion(before);
  write.put(tables.ledger, transactionItem(after), () => new LaneRaced(before.id), {
    expression: `${expression} AND #status = :status`,
    names: { ...names, '#status': 'status' },
    values: { ...values, ':status': before.status },
  });
  if (before.status === 'queued' && after.status !== 'queued') {
    const lane = { chain_id: before.chain_id, address: before.from };
    write.delete(tables.ledger, queueKey(lane, before.id), () => new LaneRaced(`the queue of ${before.id}`), {
      expression: 'attribute_exists(pk)',
    });
  }
  if (change.entry !== undefined) appendEntry(write, tables.audit, change.entry);
}

function isVersion(item: { readonly version: number }): Condition {
  return { expression: '#version = :version', names: { '#version': 'version' }, values: { ':version': item.version } };
}
