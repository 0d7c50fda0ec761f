import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { kycTransitions, requireKycTransition } from '#shared/users/kyc.ts';
import { type KycStatus, kycStatusSchema } from '#shared/users/user.ts';
import { caught } from '#test/support/fakes/caught.ts';

/** The table of domain rules, by its own text. */
const LEGAL = [
  'none pending',
  'none verified',
  'none rejected',
  'pending verified',
  'pending rejected',
  'verified pending',
  'verified rejected',
  'rejected pending',
];
const statuses = kycStatusSchema.options;
const pairs: readonly (readonly [KycStatus, KycStatus])[] = statuses.flatMap((from) =>
  statuses.map((to) => [from, to] as const),
);

describe('a KYC status', () => {
  it.each(pairs)('from %s to %s is as the rules say', (from, to) => {
    const change = () => requireKycTransition('usr_1', from, to);
    if (LEGAL.includes(`${from} ${to}`)) expect(change).not.toThrow();
    else expect(caught(HavenError, change)).toMatchObject({ code: 'INVALID_TRANSITION', details: { from, to } });
  });

  it('never becomes unknown again, and a rejection is undone only by another check', () => {
    expect(statuses.filter((from) => kycTransitions[from].includes('none'))).toEqual([]);
    expect(kycTransitions.rejected).toEqual(['pending']);
  });
});
