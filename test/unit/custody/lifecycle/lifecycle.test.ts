import { describe, expect, it } from 'vitest';
import { refuseTransition, walletTransitions } from '#shared/custody/lifecycle/lifecycle.ts';
import { walletStatusSchema } from '#shared/custody/wallet.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

/** The design's rule: active -> rotated | revoked, and a rotated wallet can still be revoked. */
const LEGAL = ['active rotated', 'active revoked', 'rotated revoked'];

describe('the status of a wallet', () => {
  const pairs = walletStatusSchema.options.flatMap((from) =>
    walletStatusSchema.options.map((to) => [from, to] as const),
  );

  it.each(pairs)('%s -> %s', (from, to) => {
    const change = () => refuseTransition({ id: 'wal_1', status: from }, to);
    if (LEGAL.includes(`${from} ${to}`)) expect(change).not.toThrow();
    else expect(caught(HavenError, change)).toMatchObject({ code: 'INVALID_TRANSITION', details: { from, to } });
  });

  it('never returns to one that it had', () => {
    const reach = (from: (typeof pairs)[number][0]): readonly string[] =>
      walletTransitions[from].flatMap((to) => [to, ...reach(to)]);
    for (const status of walletStatusSchema.options) expect(reach(status)).not.toContain(status);
  });

  it('names the successor of who is refused', () => {
    const change = () => refuseTransition({ id: 'wal_1', status: 'rotated', successor_id: 'wal_2' }, 'rotated');
    expect(caught(HavenError, change)).toMatchObject({ details: { successor_id: 'wal_2' } });
  });
});
