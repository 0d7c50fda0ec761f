import { describe, expect, it } from 'vitest';
import {
  afterStep,
  type ControlledRequest,
  refuseStep,
  type Step,
  statusAt,
  stepCondition,
} from '#shared/custody/dual-control/request.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const NOW = isoTime(TEST_NOW_MS);
const at = (offsetMs: number) => isoTime(TEST_NOW_MS + offsetMs);

const REQUESTED: ControlledRequest = {
  id: 'exp_1',
  wallet_id: 'wal_1',
  address: '0x1',
  status: 'requested',
  reason: 'leaving',
  requested_by: 'key_a',
  requested_at: NOW,
  approve_by: at(1_000),
  version: 1,
};
const APPROVED: ControlledRequest = {
  ...REQUESTED,
  status: 'approved',
  approved_by: 'key_b',
  approved_at: NOW,
  use_from: NOW,
  use_by: at(1_000),
  version: 2,
};
const ended = (status: ControlledRequest['status']): ControlledRequest => ({ ...APPROVED, status, version: 3 });

const STATES: Readonly<Record<string, ControlledRequest>> = {
  requested: REQUESTED,
  'requested, expired': { ...REQUESTED, approve_by: NOW },
  approved: APPROVED,
  'approved, expired': { ...APPROVED, use_by: NOW },
  'approved, not due': { ...APPROVED, use_from: at(1) },
  'approved by the requester': { ...APPROVED, approved_by: 'key_a' },
  rejected: ended('rejected'),
  cancelled: ended('cancelled'),
  retrieved: ended('retrieved'),
  executed: ended('executed'),
};
const STEPS: readonly Step[] = ['approve', 'reject', 'cancel', 'retrieve', 'execute'];
const PRINCIPALS = ['key_a', 'key_b', 'key_c'];

/** Everything that is allowed: state, step, principal. Whatever is not here is refused. */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    ...['key_b', 'key_c'].map((who) => ['requested', 'approve', who]),
    ...['requested', 'approved', 'approved, not due', 'approved by the requester'].flatMap((state) => [
      ...['key_b', 'key_c'].map((who) => [state, 'reject', who]),
      ...PRINCIPALS.map((who) => [state, 'cancel', who]),
    ]),
    // A retrieval has no earliest time of its own: an export can be retrieved from its approval on.
    ['approved', 'retrieve', 'key_a'],
    ['approved, not due', 'retrieve', 'key_a'],
    ...PRINCIPALS.map((who) => ['approved', 'execute', who]),
  ].map((parts) => parts.join('|')),
);

/** What DynamoDB would say to the condition, for the few forms that it has. */
function holds(request: ControlledRequest, { expression, names = {}, values = {} }: ReturnType<typeof stepCondition>) {
  const row: Readonly<Record<string, unknown>> = { ...request };
  const operand = (term = '') => (term.startsWith(':') ? values[term] : row[names[term] ?? term]);
  return expression.split(' AND ').every((term) => {
    const exists = /^attribute_exists\((\w+)\)$/.exec(term);
    if (exists !== null) return row[exists[1] ?? ''] !== undefined;
    const [left, operator, right] = term.split(' ');
    const [a, b] = [String(operand(left)), String(operand(right))];
    if (operand(left) === undefined) return false;
    return { '=': a === b, '<>': a !== b, '>': a > b, '<=': a <= b }[operator ?? ''] === true;
  });
}

const CASES = Object.keys(STATES).flatMap((state) =>
  STEPS.flatMap((step) => PRINCIPALS.map((who) => [state, step, who] as const)),
);

describe('dual control', () => {
  it.each(CASES)('a request that is %s: %s by %s', (state, step, who) => {
    const request = STATES[state] ?? REQUESTED;
    const judge = () => refuseStep(request, step, who, NOW);
    if (ALLOWED.has([state, step, who].join('|'))) judge();
    else expect(['FORBIDDEN', 'INVALID_TRANSITION']).toContain(caught(HavenError, judge).code);
  });

  it.each(CASES)('the condition of a request that is %s says the same: %s by %s', (state, step, who) => {
    const request = STATES[state] ?? REQUESTED;
    // A condition is only ever made of a state that was judged; here it is made of the best one, and held against this.
    const judged = step === 'approve' ? REQUESTED : { ...APPROVED, status: request.status, version: request.version };
    const isOpen = request.status === 'requested' || request.status === 'approved';
    const isRightState = step === 'approve' ? request.status === 'requested' : isOpen;
    const holdsThere = isRightState && holds(request, stepCondition(judged, step, who, NOW));
    const isAllowed = ALLOWED.has([state, step, who].join('|'));
    if (isAllowed) expect(holdsThere).toBe(true);
    // Rejecting and cancelling what has expired changes nothing that matters; the code refuses it for a clear answer.
    else if (step === 'approve' || step === 'retrieve' || step === 'execute') {
      expect(holdsThere && !(step === 'execute' && state === 'approved, expired')).toBe(false);
    }
  });

  it('never comes back from an end, and counts each step', () => {
    for (const step of STEPS) {
      const next = afterStep(step === 'approve' ? REQUESTED : APPROVED, step, 'key_c', NOW, {});
      expect(next.version).toBe(step === 'approve' ? 2 : 3);
      if (step === 'approve') expect(next).toMatchObject({ approved_by: 'key_c', approved_at: NOW });
      else for (const other of STEPS) expect(() => refuseStep(next, other, 'key_b', NOW)).toThrow(HavenError);
    }
  });

  it('expires by the clock, at the instant that is named', () => {
    expect(statusAt(REQUESTED, at(999))).toBe('requested');
    expect(statusAt(REQUESTED, at(1_000))).toBe('expired');
    expect(statusAt(APPROVED, at(999))).toBe('approved');
    expect(statusAt(APPROVED, at(1_000))).toBe('expired');
    expect(statusAt(ended('retrieved'), at(1_000))).toBe('retrieved');
  });
});
