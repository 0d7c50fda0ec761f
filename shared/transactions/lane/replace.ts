import { maySignTransactions } from '#shared/custody/custody-state.ts';
import { violationOf } from '#shared/custody/policy/check-policy.ts';
import { type Attempt, currentAttempt, type Transaction, type WaitingFor } from '../transaction.ts';
import { note } from '../transition.ts';
import { worstCaseCostWei } from './admit.ts';
import { recover } from './broadcast.ts';
import { roomFor } from './day-limit.ts';
import { signingLimits } from './enforce-policy.ts';
import { askFees, freeingCapWei, noopCapWei, type QuoteFor } from './fee-quotes.ts';
import { bumpFees, type FeeQuote, type Fees } from './fees.ts';
import { hold } from './hold.ts';
import type { LaneState } from './lane.ts';
import type { LaneAction } from './lane-action.ts';
import { LANE_ACTOR } from './lane-dependencies.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { isExpired, laneTime } from './lane-time.ts';
import { estimateNoopGas } from './noop-gas.ts';
import type { Observation } from './observe.ts';
import { hasWaitedToFree, type Replacement } from './replacement.ts';
import { attemptDetail, signAndBroadcast } from './sign-and-broadcast.ts';
import type { Prepared } from './signing.ts';

/** A replacement that can be signed now, or what it waits for. */
type Verdict =
  | { readonly ok: true; readonly prepared: Prepared; readonly replacement: Replacement }
  | {
      readonly ok: false;
      readonly transaction: Transaction;
      readonly waitingFor: WaitingFor | null;
      readonly detail: Readonly<Record<string, string>>;
    };

/** What replacing came to. */
export interface ReplaceResult {
  readonly lane: LaneState;
  /** How many new versions were signed. */
  readonly signed: number;
}

/** What replacements are held against. */
interface Market {
  readonly quoteFor: QuoteFor;
  readonly noopGas: bigint;
  /** The most that each kind of version may offer per gas, in wei; `freeing`: the intent that all others wait for. */
  readonly capsWei: Readonly<Record<Attempt['kind'] | 'freeing', bigint>>;
  /** Of the transaction that is to be mined next. */
  readonly lowestNonce: number;
  /** Whether others wait behind that one. */
  readonly hasOthers: boolean;
  readonly headNumber: number;
}

/**
 * Signs unmined transactions anew with their nonces: with higher fees, or as no-ops when they are no longer wanted. The
 * new version is stored before it is broadcast; all earlier ones stay tracked, because they can still win. What can't
 * be replaced now says why, and is handed over again as it is while it is wanted.
 *
 * @throws LaneRaced, RpcTransportError, KEY_DECRYPTION_FAILED
 */
export async function replace(
  pass: LanePass,
  stored: StoredLane,
  { replacements, unheard, unmined }: Extract<LaneAction, { type: 'replace' }>,
  { view, balanceWei }: Observation,
): Promise<ReplaceResult> {
  const canSign = maySignTransactions(stored.custody);
  const wishes = allowed(pass, stored, replacements);
  const judged = canSign ? await judge(pass, stored, wishes, unmined, { view, balanceWei }) : [];
  const verdicts = await withinLimit(pass, stored, judged);
  // Asking what it costs takes time: what was asked for may be too late by now.
  const { latestMs } = laneTime(pass.clock(), view.head, pass.chain);
  const inTime = ({ transaction, kind }: Prepared) => kind === 'noop' || !isExpired(transaction, latestMs);
  const ready = verdicts.flatMap((verdict) => (verdict.ok && inTime(verdict.prepared) ? [verdict] : []));
  const readyIds = new Set(ready.map(({ replacement }) => replacement.transaction.id));
  let { lane } = stored;
  const given = stored.custody.status === 'revoked' ? new Set<string>() : givenUp(wishes);
  const left = unheard.filter(({ id }) => !readyIds.has(id) && !given.has(id));
  if (left.length > 0) lane = await recover(pass, lane, left);
  const leftIds = new Set(left.map(({ id }) => id));
  if (!canSign) {
    for (const { transaction } of wishes.filter(({ transaction: { id } }) => given.has(id))) {
      await hold(pass, lane, transaction, 'custody', {});
    }
  }
  for (const verdict of verdicts) {
    // What was handed over again has another version by now; the next look says what it waits for.
    if (verdict.ok || verdict.waitingFor === null || leftIds.has(verdict.transaction.id)) continue;
    await hold(pass, lane, verdict.transaction, verdict.waitingFor, verdict.detail);
  }
  if (ready.length === 0) return { lane, signed: 0 };
  const byId = new Map(ready.map(({ replacement }) => [replacement.transaction.id, replacement]));
  const prepared = ready.map((verdict) => verdict.prepared);
  lane = await signAndBroadcast(pass, { ...stored, lane }, prepared, view.head.number, {
    reason: 'replace transactions',
    transition: (transaction, attempt, patch, at) => {
      const reason = byId.get(transaction.id)?.givenUpFor ?? null;
      const own = { requested_at: at, requested_by: LANE_ACTOR, outcome: 'pending' } as const;
      const cancellation = transaction.cancellation ?? (reason === null ? null : { ...own, reason });
      const detail = { ...attemptDetail(attempt), cause: byId.get(transaction.id)?.cause };
      return note(transaction, 'transaction.replaced', { ...patch, cancellation }, at, pass.by, detail);
    },
  });
  pass.metrics.count('TransactionReplaced', prepared.length);
  return { lane, signed: prepared.length };
}

/**
 * What is no longer wanted and would be executed by the bytes that are there: it waits until its no-op can be signed. Only
 * a key that never signs again leaves no other way to go on for those behind it.
 */
function givenUp(wishes: readonly Replacement[]): ReadonlySet<string> {
  return new Set(
    wishes
      .filter(({ transaction, kind }) => kind === 'noop' && currentAttempt(transaction)?.kind === 'intent')
      .map(({ transaction }) => transaction.id),
  );
}

/** What the policy no longer allows is not signed once more: a no-op takes its place, and the original may still win. */
function allowed(pass: LanePass, { policy }: StoredLane, replacements: readonly Replacement[]): readonly Replacement[] {
  if (policy === undefined) return replacements;
  const { maxGas } = signingLimits(pass, policy);
  return replacements.map((replacement) => {
    const { transaction, kind } = replacement;
    const gasLimit = BigInt(currentAttempt(transaction)?.gas_limit ?? '0');
    const isAllowed = kind === 'noop' || (violationOf(policy, transaction) === undefined && gasLimit <= maxGas);
    return isAllowed ? replacement : { ...replacement, kind: 'noop', cause: 'unwanted', givenUpFor: 'policy' };
  });
}

/**
 * What a daily limit has no room for is not made dearer: it waits, and is handed over again as it is. Cancelled, it is
 * replaced all the same, because no-ops are never refused.
 */
async function withinLimit(
  pass: LanePass,
  stored: StoredLane,
  verdicts: readonly Verdict[],
): Promise<readonly Verdict[]> {
  const ready = verdicts.flatMap((verdict) => (verdict.ok ? [verdict] : []));
  const rooms = await roomFor(
    pass,
    stored,
    ready.map(({ prepared }) => prepared),
  );
  const denied = new Map(ready.map(({ prepared }, index) => [prepared.transaction.id, rooms[index]]));
  return verdicts.map((verdict): Verdict => {
    const denial = verdict.ok ? denied.get(verdict.prepared.transaction.id) : undefined;
    if (!verdict.ok || denial === undefined) return verdict;
    return {
      ok: false,
      transaction: verdict.prepared.transaction,
      waitingFor: 'fees',
      detail: { limit: denial.message },
    };
  });
}

async function judge(
  pass: LanePass,
  { policy, queued }: StoredLane,
  replacements: readonly Replacement[],
  unmined: readonly Transaction[],
  { view, balanceWei }: Pick<Observation, 'view' | 'balanceWei'>,
): Promise<readonly Verdict[]> {
  const address = replacements[0]?.transaction.from ?? '';
  const needsNoop = replacements.some(({ kind }) => kind === 'noop');
  const [quoteFor, noopGas] = await Promise.all([
    askFees(pass.client, pass.chain, pass.deadline),
    needsNoop ? estimateNoopGas(pass.client, address, pass.deadline) : 0n,
  ]);
  const market: Market = {
    quoteFor,
    noopGas,
    capsWei: {
      intent: signingLimits(pass, policy).feeCapWei,
      noop: noopCapWei(pass.chain, policy),
      freeing: freeingCapWei(pass.chain, policy),
    },
    lowestNonce: Math.min(...unmined.map(({ nonce }) => nonce ?? Number.POSITIVE_INFINITY)),
    hasOthers: unmined.length > 1 || queued.length > 0,
    headNumber: view.head.number,
  };
  let spareWei = balanceWei - unmined.reduce((sum, transaction) => sum + worstCaseCostWei(transaction), 0n);
  return replacements.flatMap((replacement): Verdict[] => {
    const verdict = judgeOne(replacement, market, spareWei);
    if (verdict === undefined) return [];
    if (verdict.ok) spareWei -= extraCostWei(replacement.transaction, verdict.prepared);
    return [verdict];
  });
}

function judgeOne(replacement: Replacement, market: Market, spareWei: bigint): Verdict | undefined {
  const { transaction, kind, cause } = replacement;
  const attempt = currentAttempt(transaction);
  if (attempt === undefined || transaction.nonce === null) return undefined;
  const before = feesOf(attempt);
  const { quote, bumped } = offerFor(replacement, before, market);
  // Behind another one that is not mined it is only stuck by itself when it offers less than the next block asks.
  if (cause === 'stuck' && transaction.nonce !== market.lowestNonce && offersEnough(quote, before)) return undefined;
  if (!bumped.ok) {
    const detail = { needed_fee_per_gas_wei: bumped.neededWei.toString() };
    // At the cap and still worth a block's while, it waits for its turn, not for fees.
    return { ok: false, transaction, waitingFor: offersEnough(quote, before) ? null : 'fees', detail };
  }
  const gasLimit = kind === attempt.kind ? BigInt(attempt.gas_limit) : market.noopGas;
  const prepared: Prepared = { transaction, nonce: transaction.nonce, gasLimit, fees: bumped.fees, kind };
  const missingWei = extraCostWei(transaction, prepared) - spareWei;
  if (missingWei > 0n) {
    return { ok: false, transaction, waitingFor: 'funds', detail: { missing_wei: missingWei.toString() } };
  }
  return { ok: true, prepared, replacement };
}

/** What a version would offer: under the cap of its kind, or the second one if that would free the lane. */
function offerFor({ transaction, kind, speed }: Replacement, before: Fees, market: Market) {
  const under = (capWei: bigint) => {
    const quote = market.quoteFor(speed, capWei);
    return { quote, bumped: bumpFees(quote, before, capWei) };
  };
  const offer = under(market.capsWei[kind]);
  const frees =
    kind === 'intent' &&
    transaction.nonce === market.lowestNonce &&
    market.hasOthers &&
    hasWaitedToFree(transaction, market.headNumber);
  if (offer.bumped.ok || !frees || offersEnough(offer.quote, before)) return offer;
  const higher = under(market.capsWei.freeing);
  return higher.bumped.ok ? higher : offer;
}

function feesOf(attempt: Attempt): Fees {
  return {
    maxFeePerGas: BigInt(attempt.max_fee_per_gas),
    maxPriorityFeePerGas: BigInt(attempt.max_priority_fee_per_gas),
  };
}

/** Whether the next block would take it. */
function offersEnough(quote: FeeQuote, { maxFeePerGas }: Fees): boolean {
  return quote.ok ? maxFeePerGas >= quote.nextBlockWei : maxFeePerGas >= quote.neededWei;
}

/** What a replacement can cost more than the dearest version before it. */
function extraCostWei(transaction: Transaction, { gasLimit, fees, kind }: Prepared): bigint {
  const value = kind === 'noop' ? 0n : BigInt(transaction.value);
  const extra = value + gasLimit * fees.maxFeePerGas - worstCaseCostWei(transaction);
  return extra > 0n ? extra : 0n;
}
