import { reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext, PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { CustodyState } from '../custody-state.ts';
import type { Wallet } from '../wallet.ts';
import { type Deciders, kinOf, refuseApproving, refuseAsking } from './deciders.ts';
import type { ControlledRequest } from './request.ts';
import type { RequestKind } from './request-kind.ts';
import type { RequestStore } from './request-store.ts';
import { addRequest, addStep, againstRivals, type DualControlDependencies } from './take-step.ts';

/** How long a request waits for its approval: a day, so that people in other time zones can give it. */
export const APPROVAL_WINDOW_MS = 24 * 60 * 60_000;

/** What asking for something needs. */
export interface RequestDependencies extends DualControlDependencies {
  readonly deciders: Deciders;
  readonly idempotency: IdempotencyStore;
}

/**
 * Stores a new request: its row, the answer, an entry on the wallet's stream and a CRITICAL alert, at once.
 *
 * @param draft makes the request for a wallet, or throws why there can be none
 * @param view what is answered
 * @throws FORBIDDEN, WALLET_NOT_FOUND, what `draft` throws, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when it was answered before
 */
export async function submitRequest<R extends ControlledRequest, V>(
  deps: RequestDependencies,
  kind: RequestKind<R>,
  walletId: string,
  draft: (wallet: Wallet, now: string, approveBy: string, custody: CustodyState) => R,
  view: (request: R, now: string) => V,
  context: IdempotentContext,
): Promise<V> {
  refuseAsking(deps.deciders, context.principal);
  return againstRivals(deps, context.deadline, async () => {
    await deps.idempotency.replayIfAnswered(context.idempotency);
    const [wallet, custody] = await Promise.all([deps.wallets.get(walletId), deps.wallets.custodyState(walletId)]);
    const nowMs = deps.clock();
    const now = isoTime(nowMs);
    const request = {
      ...draft(wallet, now, isoTime(nowMs + APPROVAL_WINDOW_MS), custody),
      ...kinOf(context.principal),
    };
    const answer = view(request, now);
    const write = new WriteTransaction();
    deps.idempotency.record(write, context.idempotency, { status: 201, body: answer });
    const actor = { id: context.principal.id, requestId: context.requestId };
    const alert = addRequest(write, deps, kind, request, actor, { custody });
    await write.commit(deps.client, context.deadline);
    reportAlert({ log: context.log, metrics: deps.metrics }, alert);
    return answer;
  });
}

/** What deciding about a request needs. */
export interface DecisionDependencies<R extends ControlledRequest> extends DualControlDependencies {
  readonly kind: RequestKind<R>;
  readonly deciders: Deciders;
  readonly requests: Pick<RequestStore<R>, 'get'>;
  /** When what is approved now can be done; throws why it can't be approved. */
  readonly useOf: (
    wallet: Wallet,
    nowMs: number,
    custody: CustodyState,
  ) => Pick<ControlledRequest, 'use_from' | 'use_by'>;
}

/**
 * Approves, rejects or cancels a request: its new state, an entry on the wallet's stream and a CRITICAL alert, at once. The
 * same step of the same principal twice changes nothing the second time, as its first answer may have been lost.
 *
 * @param reason why, where the route takes one
 * @throws the kind's own not-found code, FORBIDDEN, INVALID_TRANSITION, what `useOf` throws, WRITE_CONFLICT, DATABASE_ERROR
 */
export function decideRequest<R extends ControlledRequest>(
  deps: DecisionDependencies<R>,
  requestId: string,
  step: 'approve' | 'reject' | 'cancel',
  reason: string | undefined,
  context: PrincipalContext,
): Promise<R> {
  const { kind } = deps;
  const actor = { id: context.principal.id, requestId: context.requestId };
  return againstRivals(deps, context.deadline, async () => {
    const request = await deps.requests.get(requestId);
    if (isDoneBy(request, step, actor.id)) return request;
    if (step === 'approve') refuseApproving(deps.deciders, request, context.principal);
    const [wallet, custody] = await Promise.all([
      deps.wallets.get(request.wallet_id),
      deps.wallets.custodyState(request.wallet_id),
    ]);
    const nowMs = deps.clock();
    const use = step === 'approve' ? deps.useOf(wallet, nowMs, custody) : {};
    const write = new WriteTransaction();
    const taken = { step, actor, now: isoTime(nowMs), reason, use };
    const { next, alert } = addStep(write, deps, kind, request, taken, { custody });
    await write.commit(deps.client, context.deadline);
    reportAlert({ log: context.log, metrics: deps.metrics }, alert);
    context.log.write('DUAL_CONTROL_STEP', { request: next.id, step, wallet_id: next.wallet_id });
    return next;
  });
}

function isDoneBy(request: ControlledRequest, step: 'approve' | 'reject' | 'cancel', principalId: string): boolean {
  if (step === 'approve') return request.status === 'approved' && request.approved_by === principalId;
  return request.status === (step === 'reject' ? 'rejected' : 'cancelled') && request.ended_by === principalId;
}
