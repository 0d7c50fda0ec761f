import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { custodyKey, requireStanding, standingOf } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { type StoredPolicy, storedPolicySchema, type TopUpRule } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { walletSchema } from '#shared/custody/wallet.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import {
  type AcceptDependencies,
  addTransaction,
  announceAccepted,
  commitAccepted,
  draftTransaction,
} from '../accept.ts';
import { type LowBalance, lowBalanceKey, lowBalanceSchema } from '../lane/low-balance.ts';
import { transactionKey } from '../ledger-items.ts';
import { type Transaction, transactionSchema } from '../transaction.ts';
import { isFinal } from '../transition.ts';
import {
  type FailureNote,
  failureNoteKey,
  failureNoteSchema,
  nextFailureNote,
  putFailureNote,
} from './failure-note.ts';
import {
  nextTopUp,
  TOP_UP_VALID_MS,
  type TopUp,
  type TopUpDecision,
  type TopUpSituation,
  topUpKey,
  topUpReference,
  topUpSchema,
} from './next-top-up.ts';
import { openLowBalances, type WalletOnChain } from './open-low-balances.ts';

/** What topping wallets up needs. */
export interface TopUpDependencies extends Omit<AcceptDependencies, 'idempotency'> {
  readonly log: Log;
}

/** What one run came to. */
export interface TopUpRun {
  /** Open conditions that were looked at. */
  readonly seen: number;
  readonly accepted: number;
  /** Whether there was no time for some. */
  readonly cutOff: boolean;
}

/** The actor of audit entries of top-ups. */
export const TOP_UP_ACTOR = 'top-up';

/** Conditions read at once: with wallet, key state, policy, last top-up and failure of each, less than the 100 that one BatchGet takes. */
const PAGE = 16;
/** A page's reads, and one top-up after another, are begun with this much time left. */
const STEP_BUDGET_MS = 2_000;
/** People retry a retry once or twice. */
const MAX_RETRIES_FOLLOWED = 10;

/** Another run was first, or the condition ended meanwhile. */
class TopUpRaced extends Error {
  constructor(what: string) {
    super(`${what} changed meanwhile`);
    this.name = 'TopUpRaced';
  }
}

/**
 * Tops up wallets that run low and whose policy says from where. The transaction is an ordinary one of the source wallet,
 * whose policy and limits hold; it is stored together with the note that it was sent for this need, so that however
 * many runs there are, at once or cut off, one need has one transaction under way. One that fails stops no other.
 *
 * @param requestId names the run in audit entries
 */
export async function sendTopUps(deps: TopUpDependencies, requestId: string, deadline: Deadline): Promise<TopUpRun> {
  const run = { seen: 0, accepted: 0, cutOff: false };
  for await (const page of openLowBalances(deps.client, deps.tables.ledger, PAGE)) {
    if (!deadline.allows(STEP_BUDGET_MS)) return { ...run, cutOff: true };
    for (const candidate of await loadCandidates(deps, page)) {
      if (!deadline.allows(STEP_BUDGET_MS)) return { ...run, cutOff: true };
      if (await topUpOne(deps, candidate, requestId, deadline)) run.accepted += 1;
    }
    run.seen += page.length;
  }
  return run;
}

type Candidate = Omit<TopUpSituation, 'transaction' | 'stillWaits'> & {
  /** What was last logged of failures. */
  readonly noted: FailureNote | undefined;
  /** Where it goes: what the wallet's policy and its own row both say; undefined: they don't agree. */
  readonly to: string | undefined;
};

/** Open conditions with their policies and last top-ups, as far as the policies top up. */
async function loadCandidates(
  { client, tables }: TopUpDependencies,
  page: readonly WalletOnChain[],
): Promise<readonly Candidate[]> {
  // A wallet may run low on several chains, and is one and has one policy: a key may be asked for once.
  const wanted = page.flatMap((at) => [
    walletKey(at.wallet_id),
    custodyKey(at.wallet_id),
    policyKey(at.wallet_id),
    lowBalanceKey(at),
    topUpKey(at),
    failureNoteKey(at),
  ]);
  const keys = [...new Map(wanted.map((key) => [`${key.pk} ${key.sk}`, key])).values()];
  const items = await batchGet(client, tables.ledger, keys);
  const rowOf = (key: { pk: string; sk: string }) => items.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
  return page.flatMap((at): Candidate[] => {
    const wallet = rowOf(walletKey(at.wallet_id));
    const policy = rowOf(policyKey(at.wallet_id));
    const condition = rowOf(lowBalanceKey(at));
    const last = rowOf(topUpKey(at));
    const noted = rowOf(failureNoteKey(at));
    const stored = policy === undefined ? undefined : storedPolicySchema.parse(policy);
    const rule = stored && ruleOf(stored, at.chain_id);
    if (rule === undefined || condition === undefined || wallet === undefined) return [];
    const { address, paused } = madeSchema.parse(wallet);
    return [
      {
        rule,
        status: standingOf(rowOf(custodyKey(at.wallet_id)), { paused }).status,
        to: stored?.address === address ? address : undefined,
        condition: lowBalanceSchema.parse(condition),
        last: last === undefined ? undefined : topUpSchema.parse(last),
        noted: noted === undefined ? undefined : failureNoteSchema.parse(noted),
      },
    ];
  });
}

const madeSchema = walletSchema.pick({ address: true, paused: true });

function ruleOf(policy: StoredPolicy, chainId: number): TopUpRule | undefined {
  return policy.balance.top_up.find(({ chain_id }) => chain_id === chainId);
}

async function topUpOne(
  deps: TopUpDependencies,
  candidate: Candidate,
  requestId: string,
  deadline: Deadline,
): Promise<boolean> {
  const { wallet_id, chain_id } = candidate.condition;
  const facts = { wallet_id, chain_id, from_wallet_id: candidate.rule.from_wallet_id };
  try {
    const transaction = candidate.last && (await lastTransaction(deps, candidate.last));
    const stillWaits = await isWaiting(deps, candidate.condition.transaction_id);
    const decision = nextTopUp({ ...candidate, transaction, stillWaits }, deps.clock());
    if (decision.kind === 'given_up') {
      await tellFailure(deps, candidate, 'TOP_UP_GIVEN_UP', { transaction_id: transaction?.id }, deadline);
    }
    if (decision.kind !== 'send') return false;
    if (candidate.to === undefined) {
      await tellFailure(deps, candidate, 'TOP_UP_DISPUTED', {}, deadline);
      return false;
    }
    const sent = await send(deps, { ...candidate, to: candidate.to }, transaction, decision, requestId, deadline);
    deps.log.write('TOP_UP_ACCEPTED', { ...facts, transaction_id: sent.id, value_wei: sent.value });
    deps.metrics.count('TopUpAccepted');
    return true;
  } catch (error) {
    if (error instanceof TopUpRaced) return false;
    await tellFailure(deps, candidate, 'TOP_UP_FAILED', { error }, deadline);
    return false;
  }
}

/** What is noted of failures that are no errors. */
const CAUSES = { TOP_UP_GIVEN_UP: 'GIVEN_UP', TOP_UP_DISPUTED: 'DISPUTED' } as const;

/** Counts a failure, and logs it when it begins and then each hour. Should that not be noted, it is logged again. */
async function tellFailure(
  { client, tables, clock, log, metrics }: TopUpDependencies,
  { condition, rule, last, noted }: Candidate,
  message: keyof typeof CAUSES | 'TOP_UP_FAILED',
  what: { readonly error?: unknown; readonly transaction_id?: string | undefined },
  deadline: Deadline,
): Promise<void> {
  metrics.count('TopUpFailed');
  const failed = what.error instanceof HavenError ? what.error.code : 'INTERNAL';
  const cause = message === 'TOP_UP_FAILED' ? failed : CAUSES[message];
  const note = nextFailureNote(noted, condition, last, cause, clock());
  if (note === undefined) return;
  const { wallet_id, chain_id } = condition;
  const write = new WriteTransaction();
  putFailureNote(write, tables.ledger, noted, note, () => new TopUpRaced('what was noted'));
  try {
    await write.commit(client, deadline);
  } catch (error) {
    // The run that noted it first has logged it.
    if (error instanceof TopUpRaced) return;
  }
  log.write(message, { wallet_id, chain_id, from_wallet_id: rule.from_wallet_id, since: note.since, ...what });
}

async function isWaiting({ client, tables }: TopUpDependencies, transactionId: string | null): Promise<boolean> {
  if (transactionId === null) return false;
  return !isFinal((await readTransaction(client, tables.ledger, transactionId)).status);
}

/** The transaction of the last top-up; if people retried it, the last of those, which is the top-up now. */
async function lastTransaction({ client, tables }: TopUpDependencies, last: TopUp): Promise<Transaction> {
  let transaction = await readTransaction(client, tables.ledger, last.transaction_id);
  for (let followed = 0; transaction.retried_by !== undefined && followed < MAX_RETRIES_FOLLOWED; followed += 1) {
    transaction = await readTransaction(client, tables.ledger, transaction.retried_by);
  }
  return transaction;
}

async function readTransaction(client: DynamoDBDocumentClient, table: string, id: string): Promise<Transaction> {
  const item = await readItem(client, table, transactionKey(id));
  return transactionSchema.parse(item);
}

async function send(
  deps: TopUpDependencies,
  { condition, rule, last, to }: Candidate & { readonly to: string },
  before: Transaction | undefined,
  { valueWei, attempt, wasted }: Extract<TopUpDecision, { kind: 'send' }>,
  requestId: string,
  deadline: Deadline,
): Promise<Transaction> {
  const { wallet_id, chain_id, opened_at } = condition;
  const intent = {
    walletId: rule.from_wallet_id,
    chainId: chain_id,
    to,
    value: valueWei.toString(),
    data: '0x',
    speed: 'standard' as const,
    reference: topUpReference({ wallet_id, chain_id, opened_at, attempt }),
    validUntil: isoTime(deps.clock() + TOP_UP_VALID_MS),
  };
  const by = { principal: { id: TOP_UP_ACTOR }, requestId };
  const draft = await draftTransaction(deps, intent, by, deps.newId('tx'), { top_up_of: wallet_id });
  const { id: transaction_id } = draft.transaction;
  const topUp: TopUp = {
    wallet_id,
    chain_id,
    opened_at,
    attempt,
    wasted,
    transaction_id,
    version: (last?.version ?? 0) + 1,
  };
  await commitAccepted(deps, [draft], { deadline }, (write) => {
    putTopUp(write, deps.tables.ledger, last, topUp);
    checkNeed(write, deps.tables.ledger, condition);
    // What is sent to a revoked wallet stays there.
    requireStanding(write, deps.tables.ledger, wallet_id, 'not_revoked', () => new TopUpRaced('the wallet'));
    if (before !== undefined) checkNotRetried(write, deps.tables.ledger, before);
    addTransaction(write, deps.tables, draft);
  });
  await announceAccepted(deps, draft.transaction);
  return draft.transaction;
}

/** First of the steps, so that a run that was not the first learns just that. */
function putTopUp(write: WriteTransaction, table: string, last: TopUp | undefined, next: TopUp): void {
  write.put(table, { ...topUpKey(next), ...next }, () => new TopUpRaced('the last top-up'), unchangedSince(last));
}

/** It still runs low, and by these amounts. */
function checkNeed(write: WriteTransaction, table: string, condition: LowBalance): void {
  write.check(table, lowBalanceKey(condition), () => new TopUpRaced('the balance'), unchangedSince(condition));
}

/** Nobody retries the last one meanwhile. */
function checkNotRetried(write: WriteTransaction, table: string, before: Transaction): void {
  write.check(table, transactionKey(before.id), () => new TopUpRaced('the last transaction'), {
    expression: 'attribute_not_exists(retried_by)',
  });
}
