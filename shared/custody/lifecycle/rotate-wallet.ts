import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { RetryPolicy } from '#shared/platform/retry.ts';
import { addWallet, type CreateWalletDependencies, reportWallet, walletOf } from '../create-wallet.ts';
import { auditHeadOf, type CustodyState, changeCustody } from '../custody-state.ts';
import type { CreateKmsWalletDependencies } from '../kms/create-kms-wallet.ts';
import { changeIntent } from '../kms/key-intent.ts';
import { facetPartition, walletKey } from '../ledger-keys.ts';
import { policyRulesSchema, policyStream, type StoredPolicy } from '../policy/policy.ts';
import { policyKey } from '../policy/policy-row.ts';
import type { PolicyStore } from '../policy/policy-store.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import { type JudgedWallet, readJudged, refuseDisputed } from './judged-wallet.ts';
import { refuseTransition } from './lifecycle.ts';
import { makeSuccessorKey, type SuccessorKey } from './successor-key.ts';
import { toSweepView } from './sweep.ts';
import { addSweep, newSweep } from './sweep-row.ts';

/**
 * What else names a wallet and moves on to its successor in the same transaction. Reads what it changes, and returns what adds
 * the change; undefined when nothing of it names the wallet. May refuse the rotation by throwing.
 */
export type RotationFollower = (
  wallet: Wallet,
  successor: Wallet,
  by: { readonly actor: string; readonly requestId: string; readonly at: string },
) => Promise<((write: WriteTransaction) => void) | undefined>;

/** What rotating needs. */
export interface RotateDependencies extends CreateWalletDependencies, CreateKmsWalletDependencies {
  readonly tables: CreateWalletDependencies['tables'] & { readonly logs: string };
  readonly wallets: Pick<WalletStore, 'get' | 'custodyState'>;
  readonly policies: PolicyStore;
  readonly followers: readonly RotationFollower[];
}

/** What the caller decides about a rotation. */
export interface RotationWish {
  readonly reason: string;
  /** Whether what it has is brought to the successor. */
  readonly sweep: boolean;
}

/** What a rotation came to. */
export interface Rotation {
  readonly wallet: Wallet;
  readonly successor: Wallet;
  readonly sweep: ReturnType<typeof toSweepView> | null;
}

/** A busy wallet's stream moves several times a second; a rotation must get in between. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };

/**
 * Rotates a wallet: makes a successor with a key of its own, and stores both wallets with their links, the successor's policy (a
 * copy), what else named the wallet, the sweep, an entry on each stream, an alert and the answer in one transaction. Of rivals
 * one wins; the envelope keys that the others made are never stored, and all rivals share one KMS key. From the answer on (in
 * functions that remember the wallet, after five seconds) it takes on nothing new; what it had accepted is still signed.
 * Judged by the key state; where the wallet's row contradicts it, nothing is done and an alert says so.
 *
 * @throws WALLET_NOT_FOUND, INVALID_TRANSITION when it is not active or its row contradicts its key state, VERSION_MISMATCH when If-Match names another version,
 *   what creating a wallet throws, what the followers throw, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when it was
 *   answered before
 */
export async function rotateWallet(
  deps: RotateDependencies,
  walletId: string,
  wish: RotationWish,
  context: IdempotentContext,
): Promise<Rotation> {
  // KMS work is dear: a repeated request should not cause it.
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const judged = async () => {
    const seen = await readJudged(deps.wallets, walletId);
    requireVersion(context, seen.wallet.version, walletId);
    // What the successor would be made like is what somebody put there.
    if (seen.disputed) return refuseDisputed(deps, seen, 'rotated', context);
    refuseTransition({ id: walletId, ...seen.custody }, 'rotated');
    return seen;
  };
  const unraced = <T>(attempt: () => Promise<T>) => untilUnraced(attempt, RIVALS_RETRY, context.deadline, deps.wait);
  const { wallet } = await unraced(judged);
  const key = await makeSuccessorKey(deps, wallet, () => unraced(judged), context);
  return unraced(async () => tryOnce(deps, await judged(), key, wish, context));
}

async function tryOnce(
  deps: RotateDependencies,
  { wallet: before, custody }: JudgedWallet,
  key: SuccessorKey,
  { reason, sweep: sweeps }: RotationWish,
  context: IdempotentContext,
): Promise<Rotation> {
  const { tables, policies } = deps;
  const policy = await policies.get(before.id);
  const at = isoTime(deps.clock());
  const actor = context.principal.id;
  const by = { actor, requestId: context.requestId, at };
  const { purpose, label, tags } = before;
  const successor: Wallet = {
    ...walletOf({ purpose, custody: before.custody, label, tags }, key.walletId, key.address, at),
    predecessor_id: before.id,
  };
  const wallet: Wallet = {
    ...before,
    status: 'rotated',
    rotated_at: at,
    successor_id: successor.id,
    version: before.version + 1,
  };
  const steps = await Promise.all(deps.followers.map((follow) => follow(before, successor, by)));
  const begun = sweeps ? newSweep(before.id, undefined, { ...by, reason }) : undefined;
  const sweep = begun?.sweep;
  const answer = { wallet, successor, sweep: sweep === undefined ? null : toSweepView(sweep) };
  const detail = { successor_id: successor.id, successor_address: successor.address, sweep: sweeps };
  const raced = () => new Raced(`${before.id} was changed meanwhile`);

  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: answer });
  retire(write, deps, { before, wallet, successor, custody }, { ...by, reason, detail }, raced);
  copyPolicy(write, deps, policy, { before, successor }, by, raced);
  for (const add of steps) add?.(write);
  addWallet(write, tables, { wallet: successor, ...key.made }, context);
  if (key.intent !== undefined) {
    changeIntent(write, tables.ledger, key.intent.recordKey, key.intent.intent, { status: 'closed' });
  }
  if (begun !== undefined) addSweep(write, tables, undefined, begun, raced);
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'WARNING',
    category: 'key_access',
    summary: 'A wallet was rotated: another with a new key takes its place',
    details: { ...detail, wallet_id: before.id, address: before.address, actor, reason },
    dedupe_key: `${before.id}#rotated`,
    occurred_at: at,
  };
  recordAlert(write, tables, alert);
  await write.commit(deps.client, context.deadline);
  report(deps, answer, alert, context);
  return answer;
}

/** The old wallet and its key state, on the condition that they are as they were judged, with an entry on its stream. */
function retire(
  write: WriteTransaction,
  { tables }: RotateDependencies,
  {
    before,
    wallet,
    successor,
    custody,
  }: {
    readonly before: Wallet;
    readonly wallet: Wallet;
    readonly successor: Wallet;
    readonly custody: CustodyState;
  },
  by: {
    readonly actor: string;
    readonly requestId: string;
    readonly at: string;
    readonly reason: string;
    readonly detail: Readonly<Record<string, unknown>>;
  },
  raced: () => Error,
): void {
  const { actor, requestId, at, reason, detail } = by;
  const { entry, head } = nextEntry(
    before.id,
    auditHeadOf(custody),
    { action: 'wallet.rotated', actor, severity: 'WARNING', request_id: requestId, reason, detail: { ...detail } },
    at,
  );
  write.update(
    tables.ledger,
    walletKey(before.id),
    {
      expression:
        'SET #status = :rotated, successor_id = :successor, rotated_at = :at, gsi2pk = :facet, #version = :next',
      names: { '#status': 'status' },
      values: {
        ':rotated': 'rotated',
        ':successor': wallet.successor_id,
        ':at': at,
        ':facet': facetPartition(wallet.purpose, 'rotated'),
        ':next': wallet.version,
      },
    },
    raced,
    unchangedSince(before),
  );
  const set = {
    status: 'rotated',
    rotated_at: at,
    successor_id: successor.id,
    successor_address: successor.address,
  } as const;
  changeCustody(write, tables.ledger, before.id, { before: custody, head, set, must: { status: 'active' } }, raced);
  appendEntry(write, tables.audit, entry);
}

/** The successor may do what the wallet may: its policy as it is now, as the first version of its own. */
function copyPolicy(
  write: WriteTransaction,
  { tables }: RotateDependencies,
  policy: StoredPolicy | undefined,
  { before, successor }: { readonly before: Wallet; readonly successor: Wallet },
  { actor, requestId, at }: { readonly actor: string; readonly requestId: string; readonly at: string },
  raced: () => Error,
): void {
  const unchanged = policy === undefined ? NOT_EXISTS : unchangedSince(policy);
  write.check(tables.ledger, policyKey(before.id), raced, { ...unchanged, showsExisting: false });
  if (policy === undefined) return;
  const rules = policyRulesSchema.parse(policy);
  const stream = policyStream(successor.id);
  const detail = {
    wallet_id: successor.id,
    version: 1,
    from_wallet_id: before.id,
    from_version: policy.version,
    after: rules,
  };
  const { entry, head } = nextEntry(
    stream,
    emptyHead(stream),
    { action: 'policy.copied', actor, severity: 'WARNING', request_id: requestId, detail },
    at,
  );
  const { id: wallet_id, address } = successor;
  const copy: StoredPolicy = { ...rules, ...head, wallet_id, address, updated_at: at, version: 1 };
  write.put(tables.ledger, { ...policyKey(successor.id), ...copy }, raced);
  appendEntry(write, tables.audit, entry);
}

function report(
  deps: RotateDependencies,
  { wallet, successor, sweep }: { wallet: Wallet; successor: Wallet; sweep: ReturnType<typeof toSweepView> | null },
  alert: Alert,
  context: IdempotentContext,
): void {
  const { log } = context;
  reportWallet(deps.metrics, successor, context);
  deps.metrics.count('WalletRotated');
  log.write('WALLET_ROTATED', { wallet_id: wallet.id, successor_id: successor.id, sweep: sweep !== null });
  reportAlert({ log, metrics: deps.metrics }, alert);
}
