import { describe, expect, it } from 'vitest';
import { type CustodyState, maySignTransactions } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';
import { hash32, TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createLaneBench, type LaneBench } from '#test/support/model/lane-bench.ts';

const END = {
  status: 'failed',
  nonce: null,
  attempts: [],
  waiting_for: null,
  failure: { code: 'WALLET_REVOKED', message: 'The wallet was revoked before it was signed: stolen laptop' },
};

function revoked(overrides: Partial<CustodyState> = {}): CustodyState {
  const because = { revoked_at: isoTime(TEST_NOW_MS), revoked_reason: 'stolen laptop' };
  return unusedCustody({ status: 'revoked', ...because, ...overrides });
}

/** Revokes as the API does: the state, and an entry on the wallet's stream. */
function revoke({ ledger }: Pick<LaneBench, 'ledger'>): void {
  const before = ledger.custody.get(TEST_WALLET.id) ?? unusedCustody();
  const head = { audit_seq: before.audit_seq + 1, audit_hash: hash32('revoked').slice(2) };
  ledger.custody.set(TEST_WALLET.id, revoked({ ...before, ...head, status: 'revoked' }));
}

describe('who may sign transactions', () => {
  it.each([
    ['active', false, true],
    ['active', true, false],
    ['rotated', false, true],
    ['rotated', true, false],
    ['revoked', false, false],
    ['revoked', true, false],
  ] as const)('%s, paused: %s: %s', (status, paused, may) => {
    expect(maySignTransactions({ status, paused })).toBe(may);
  });
});

describe('a lane of a revoked wallet', () => {
  it('ends all that is queued with the reason, however much it is, and signs nothing', async () => {
    const bench = createLaneBench();
    for (let n = 1; n <= 25; n += 1) bench.accept(n);
    bench.ledger.custody.set(TEST_WALLET.id, revoked());
    expect(await bench.run()).toEqual({ kind: 'rest' });
    for (let n = 1; n <= 25; n += 1) expect(bench.transaction(n)).toMatchObject(END);
    expect(bench.ledger.bytes.size).toBe(0);
    expect(bench.chain.transactions()).toEqual([]);
    expect(bench.metrics.counts()).toEqual({ TransactionFailed: 25 });
    expect(bench.log.of('REVOKED_QUEUE_FAILED')).toHaveLength(3);
  });

  it.each([
    ['is paused too', { paused: true }],
    ['has had its key destroyed', { key_destroyed_at: isoTime(TEST_NOW_MS) }],
  ])('ends it also when the wallet %s', async (_name, state) => {
    const bench = createLaneBench();
    bench.accept(1);
    bench.ledger.custody.set(TEST_WALLET.id, revoked(state));
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject(END);
  });

  it('ends it without asking a chain, be it that no endpoint answers or that what waited waits for money', async () => {
    const bench = createLaneBench({ balanceWei: 0n });
    bench.accept(1);
    await bench.run();
    expect(bench.transaction(1).waiting_for).toBe('funds');
    bench.ledger.custody.set(TEST_WALLET.id, revoked());
    const askedBefore = bench.asked.length;
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.asked).toHaveLength(askedBefore);
    expect(bench.transaction(1)).toMatchObject(END);
  });
});

describe('a lane of a rotated wallet', () => {
  it('still signs what it has', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    bench.ledger.custody.set(TEST_WALLET.id, unusedCustody({ status: 'rotated' }));
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed' });
  });

  it('signs nothing while it is paused', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    bench.ledger.custody.set(TEST_WALLET.id, unusedCustody({ status: 'rotated', paused: true }));
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'custody', attempts: [] });
  });
});

describe('a revocation that comes while a driver signs', () => {
  it('before the claim wins: what was signed in memory is stored nowhere, sent nowhere, and ends failed', async () => {
    const bench: LaneBench = createLaneBench({
      store: (real) => ({
        claim: async (...claim) => {
          revoke(bench);
          return real.claim(...claim);
        },
      }),
    });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject(END);
    expect(bench.ledger.bytes.size).toBe(0);
    expect(bench.chain.transactions()).toEqual([]);
  });

  it('after the claim comes too late for it: it is handed over and ends as the chain says', async () => {
    const bench: LaneBench = createLaneBench({
      store: (real) => ({
        claim: async (...claim) => {
          const lane = await real.claim(...claim);
          revoke(bench);
          return lane;
        },
      }),
    });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed' });
    expect(bench.transaction(1).attempts).toHaveLength(1);
  });
});

describe('what is on its way of a revoked wallet', () => {
  /** Every node takes what it is handed, and none ever mines it. */
  const swallowing = () =>
    createLaneBench({
      answer: (calls) =>
        calls[0]?.method === 'eth_sendRawTransaction' ? calls.map(() => answered(hash32('taken'))) : undefined,
    });
  const MANY_BLOCKS_MS = 2_000 * 400;

  it('would be signed anew, were the wallet active', async () => {
    const bench = swallowing();
    bench.accept(1);
    await bench.run();
    bench.pass(MANY_BLOCKS_MS);
    await bench.run();
    expect(bench.transaction(1).attempts.length).toBeGreaterThan(1);
  });

  it('is handed over again as it is, and never signed anew, neither with more fees nor as a no-op', async () => {
    const bench = swallowing();
    bench.accept(1);
    bench.accept(2, { valid_until: isoTime(TEST_NOW_MS + MANY_BLOCKS_MS / 2) });
    await bench.run();
    const versions = () => [1, 2].map((n) => bench.transaction(n).attempts.map(({ hash }) => hash));
    const before = versions();
    const sentBefore = bench.asked.flat().filter((method) => method === 'eth_sendRawTransaction').length;
    revoke(bench);
    for (let look = 0; look < 3; look += 1) {
      bench.pass(MANY_BLOCKS_MS);
      await bench.run();
    }
    for (const n of [1, 2]) expect(bench.transaction(n)).toMatchObject({ status: 'submitted' });
    expect(versions()).toEqual(before);
    expect(bench.asked.flat().filter((method) => method === 'eth_sendRawTransaction').length).toBeGreaterThan(
      sentBefore,
    );
    expect(bench.ledger.bytes.size).toBe(before.flat().length);
  });

  it('holds up none of what is queued behind it', async () => {
    const bench = swallowing();
    for (let n = 1; n <= 4; n += 1) bench.accept(n);
    await bench.run();
    // The lane has as many in flight as it may.
    bench.accept(5);
    revoke(bench);
    await bench.run();
    expect(bench.transaction(5)).toMatchObject(END);
    expect(bench.transaction(4)).toMatchObject({ status: 'submitted' });
  });
});
