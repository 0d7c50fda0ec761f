import * as z from 'zod';
import type { Condition } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/**
 * Something about a key that nobody may do alone: one principal asks for it, another approves it, then it may be done.
 * The rules of who may take which step, when, and from which state. Pure: they are judged here for a clear answer, and
 * once more by the database in the condition of the write, which is what counts.
 */

/** Where a request stands as it is stored. That it has expired is told by the clock, never stored. */
const storedStatusSchema = z.enum(['requested', 'approved', 'rejected', 'cancelled', 'retrieved', 'executed']);

/** Where a request stands. */
export const requestStatusSchema = z.enum([...storedStatusSchema.options, 'expired'], {
  error: 'INVALID_PARAMETER: must be requested, approved, rejected, cancelled, retrieved, executed or expired',
});

/** Where a request stands. */
export type RequestStatus = z.output<typeof requestStatusSchema>;

/** What every request has that needs two people. Instants are ISO 8601, UTC, so they compare as texts. */
export const controlledRequestSchema = z.object({
  id: z.string(),
  wallet_id: z.string(),
  address: z.string(),
  status: storedStatusSchema,
  reason: z.string(),
  requested_by: z.string(),
  /** Of an API key that asked: what it is and who made it, so that none of them approves (shared/platform/auth/kinship.ts). */
  requester_kin: z.object({ line: z.string(), makers: z.array(z.string()) }).optional(),
  requested_at: z.string(),
  /** Nobody can approve it any more from then on. */
  approve_by: z.string(),
  approved_by: z.string().optional(),
  approved_at: z.string().optional(),
  /** What is approved can be done from then on. */
  use_from: z.string().optional(),
  /** And not any more from then on; absent: for as long as nobody cancels it. */
  use_by: z.string().optional(),
  /** Doing it failed so often, and is tried again from then on. */
  failures: z.number().int().optional(),
  retry_at: z.string().optional(),
  ended_by: z.string().optional(),
  ended_at: z.string().optional(),
  version: z.number().int(),
});

/** A request that needs two people. */
export type ControlledRequest = z.output<typeof controlledRequestSchema>;

/** What can be done with a request. */
export type Step = 'approve' | 'reject' | 'cancel' | 'retrieve' | 'execute';

interface Rule {
  readonly from: readonly ControlledRequest['status'][];
  readonly to: ControlledRequest['status'];
  /** Who may take the step: the one who asked, anybody but them, or whoever the route lets in. */
  readonly who: 'requester' | 'another' | 'anyone';
  /** The step must be taken before this. */
  readonly before?: 'approve_by' | 'use_by';
  /** And not before this. */
  readonly notBefore?: 'use_from';
}

const RULES: Readonly<Record<Step, Rule>> = {
  approve: { from: ['requested'], to: 'approved', who: 'another', before: 'approve_by' },
  // Who approved may think again, as may any other approver.
  reject: { from: ['requested', 'approved'], to: 'rejected', who: 'another' },
  // To stop is always safe.
  cancel: { from: ['requested', 'approved'], to: 'cancelled', who: 'anyone' },
  // Only who asked holds the key that opens the answer; anybody else could only spoil it.
  retrieve: { from: ['approved'], to: 'retrieved', who: 'requester', before: 'use_by' },
  execute: { from: ['approved'], to: 'executed', who: 'anyone', notBefore: 'use_from' },
};

/** Whether a step does what was asked for, and so needs two people. */
function isUse(step: Step): boolean {
  return step === 'retrieve' || step === 'execute';
}

/**
 * Where a request stands at a time.
 *
 * @param now ISO 8601, UTC
 */
export function statusAt(request: ControlledRequest, now: string): RequestStatus {
  const { status, approve_by, use_by } = request;
  if (status === 'requested' && now >= approve_by) return 'expired';
  if (status === 'approved' && use_by !== undefined && now >= use_by) return 'expired';
  return status;
}

/**
 * Refuses a step that may not be taken.
 *
 * @param principalId who takes it
 * @param now ISO 8601, UTC
 * @throws FORBIDDEN when it is not theirs to take, INVALID_TRANSITION when it can't be taken from where it stands
 */
export function refuseStep(request: ControlledRequest, step: Step, principalId: string, now: string): void {
  const { from, who, notBefore } = RULES[step];
  const isRequester = request.requested_by === principalId;
  if (who === 'another' && isRequester) {
    throw new HavenError('FORBIDDEN', `Whoever requests may not ${step} it: that takes another principal`, {
      details: { request_id: request.id, wallet_id: request.wallet_id, rule: 'another_principal' },
    });
  }
  if (who === 'requester' && !isRequester) {
    throw new HavenError('FORBIDDEN', `Only who requested it may ${step} it`, {
      details: { request_id: request.id, wallet_id: request.wallet_id, rule: 'requester_only' },
    });
  }
  const status = statusAt(request, now);
  if (status === 'expired' || !from.some((allowed) => allowed === status)) throw notPossible(request.id, step, status);
  if (isUse(step)) refuseLoneDecision(request);
  const earliest = notBefore === undefined ? undefined : request[notBefore];
  if (notBefore !== undefined && (earliest === undefined || now < earliest))
    throw notPossible(request.id, step, status);
}

/** A row that no rule could have written. */
function refuseLoneDecision({ id, wallet_id, requested_by, approved_by }: ControlledRequest): void {
  if (approved_by !== undefined && approved_by !== requested_by) return;
  throw new HavenError('FORBIDDEN', `${id} was not approved by another principal`, {
    details: { request_id: id, wallet_id, rule: 'another_principal' },
  });
}

function notPossible(requestId: string, step: Step, status: RequestStatus): HavenError {
  return new HavenError('INVALID_TRANSITION', `${requestId} is ${status}; nobody can ${step} it now`, {
    details: { request_id: requestId, status },
  });
}

/**
 * What the database must find for a step to be taken: the same state and version that was judged, that it is theirs to
 * take, that the time for it has come and has not passed, and, for what needs an approval, that somebody else gave it.
 */
export function stepCondition(request: ControlledRequest, step: Step, principalId: string, now: string): Condition {
  const { who, before, notBefore } = RULES[step];
  const terms = ['#status = :status', '#version = :version'];
  const values: Record<string, unknown> = { ':status': request.status, ':version': request.version };
  if (who !== 'anyone') {
    terms.push(`requested_by ${who === 'another' ? '<>' : '='} :principal`);
    values[':principal'] = principalId;
  }
  if (before !== undefined) terms.push(`${before} > :now`);
  if (notBefore !== undefined) terms.push(`${notBefore} <= :now`);
  if (before !== undefined || notBefore !== undefined) values[':now'] = now;
  if (isUse(step)) {
    terms.push('attribute_exists(approved_by)', 'approved_by <> requested_by');
  }
  return { expression: terms.join(' AND '), names: { '#status': 'status', '#version': 'version' }, values };
}

/**
 * The request after a step.
 *
 * @param use when what is approved can be done; for `approve`
 */
export function afterStep<R extends ControlledRequest>(
  request: R,
  step: Step,
  principalId: string,
  now: string,
  use: Pick<ControlledRequest, 'use_from' | 'use_by'>,
): R {
  const moved = { ...request, status: RULES[step].to, version: request.version + 1 };
  return step === 'approve'
    ? { ...moved, ...use, approved_by: principalId, approved_at: now }
    : { ...moved, ended_by: principalId, ended_at: now };
}
