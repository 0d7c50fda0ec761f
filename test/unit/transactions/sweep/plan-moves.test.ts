import { describe, expect, it } from 'vitest';
import type { SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import { newReferenceField } from '#shared/transactions/reference-field.ts';
import {
  failureOf,
  isTokenLimited,
  MAX_ATTEMPTS,
  movableWei,
  passesWithTime,
  planMoves,
  settledMove,
  sweepReference,
  withMove,
} from '#shared/transactions/sweep/plan-moves.ts';

const TOKEN = `0x${'7'.repeat(40)}`;

function move(overrides: Partial<SweepMove> = {}): SweepMove {
  return {
    chain_id: 1,
    token_address: null,
    amount: '5',
    attempt: 1,
    transaction_id: 'tx_1',
    status: 'open',
    failure: null,
    ...overrides,
  };
}

describe('what is still to be moved', () => {
  const coin = { token_address: null, amount: 5n };
  it.each([
    ['is all that is there and was never tried', [], [coin], [{ ...coin, attempt: 1 }]],
    ['is nothing of what is not there', [], [{ token_address: TOKEN, amount: 0n }], []],
    ['is nothing of what is under way', [move()], [coin], []],
    ['is nothing of what arrived, whatever a node says', [move({ status: 'confirmed' })], [coin], []],
    ['is nothing of what was refused', [move({ status: 'failed' })], [coin], []],
    ['is what expired, once more', [move({ status: 'expired' })], [coin], [{ ...coin, attempt: 2 }]],
    ['is nothing of what expired too often', [move({ status: 'expired', attempt: MAX_ATTEMPTS })], [coin], []],
    [
      'is a token that expired, however often',
      [move({ token_address: TOKEN, status: 'expired', attempt: MAX_ATTEMPTS })],
      [{ token_address: TOKEN, amount: 9n }],
      [{ token_address: TOKEN, amount: 9n, attempt: MAX_ATTEMPTS + 1 }],
    ],
    [
      'counts each asset by itself, by its last try',
      [move({ status: 'expired' }), move({ attempt: 2 }), move({ token_address: TOKEN, status: 'expired' })],
      [coin, { token_address: TOKEN, amount: 9n }],
      [{ token_address: TOKEN, amount: 9n, attempt: 2 }],
    ],
  ] as const)('%s', (_name, moves, holdings, planned) => {
    expect(planMoves(moves, holdings)).toEqual(planned);
  });
});

describe('one more move', () => {
  it('takes the place of the same token on the same chain that expired, and of nothing else', () => {
    const gone = move({ token_address: TOKEN, status: 'expired' });
    const kept = [
      move({ token_address: TOKEN, status: 'confirmed' }),
      { ...gone, chain_id: 2 },
      { ...gone, token_address: `0x${'8'.repeat(40)}` },
      move({ status: 'expired' }),
    ];
    const next = move({ token_address: TOKEN, attempt: 2 });
    expect(withMove([gone, ...kept], next)).toEqual([...kept, next]);
  });

  it('of a coin leaves every try before it to be seen', () => {
    const tries = [move({ status: 'expired' }), move({ status: 'expired', attempt: 2 })];
    expect(withMove(tries, move({ attempt: 3 }))).toEqual([...tries, move({ attempt: 3 })]);
  });
});

describe('a daily limit', () => {
  it.each([
    ['will have room for what is not more than it', { rule: 'max_value_per_day', limit: '5', amount: '5' }, true],
    ['never has room for more', { rule: 'max_value_per_day', limit: '5', amount: '6' }, false],
    ['on what a call moves unread says no amount', { rule: 'max_value_per_day' }, false],
    ['is not one on each transaction', { rule: 'max_value_per_transaction', limit: '5', amount: '5' }, false],
  ])('%s', (_name, details, passes) => {
    expect(passesWithTime(details)).toBe(passes);
  });
});

describe('a token is kept by a limit', () => {
  const by = (rule: string) => ({ code: 'POLICY_VIOLATION', message: 'no', rule });
  const token = (failure: SweepMove['failure']) => move({ token_address: TOKEN, status: 'failed', failure });
  it.each([
    ['of a day', [token(by('max_value_per_day'))], true],
    ['of a transaction', [token(by('max_value_per_transaction'))], true],
    ['not when another rule refused it', [token(by('allowed_destinations'))], false],
    ['not when it reverted', [token({ code: 'CONTRACT_REVERT', message: 'no' })], false],
    ['not when it is the coin', [move({ status: 'failed', failure: by('max_value_per_day') })], false],
  ] as const)('%s', (_name, moves, limited) => {
    expect(isTokenLimited(moves)).toBe(limited);
  });
});

describe('what became of a move', () => {
  it.each([
    ['queued', null, 'open'],
    ['submitted', null, 'open'],
    ['mined', null, 'open'],
    ['confirmed', null, 'confirmed'],
    ['expired', { code: 'TRANSACTION_TIMEOUT', message: 'late' }, 'expired'],
    ['reverted', { code: 'CONTRACT_REVERT', message: 'no' }, 'failed'],
    ['failed', { code: 'TRANSACTION_REFUSED', message: 'no' }, 'failed'],
    ['failed', { code: 'WALLET_REVOKED', message: 'its successor was' }, 'expired'],
    ['failed', { code: 'POLICY_VIOLATION', message: 'today', rule: 'max_value_per_day' }, 'expired'],
    ['failed', { code: 'POLICY_VIOLATION', message: 'ever', rule: 'allowed_chains' }, 'failed'],
    ['failed', { code: 'WALLET_ROTATED', message: 'its successor was' }, 'expired'],
    ['cancelled', null, 'failed'],
  ] as const)('when its transaction is %s', (status, failure, expected) => {
    const settled = settledMove(move(), { status, failure });
    expect(settled.status).toBe(expected);
    if (expected === 'failed')
      expect(settled.failure).toEqual(failure ?? expect.objectContaining({ code: 'CANCELLED' }));
    expect(settledMove(settled, { status: 'confirmed', failure: null }).status).toBe(
      expected === 'open' ? 'confirmed' : expected,
    );
  });
});

describe('why a sweep has not moved everything', () => {
  const no = { code: 'POLICY_VIOLATION', message: 'no' };
  it.each([
    ['it has', [move({ status: 'confirmed' })], null],
    ['there was nothing', [], null],
    [
      'it has, by a later try',
      [move({ status: 'expired', failure: no }), move({ status: 'confirmed', attempt: 2 })],
      null,
    ],
    [
      'one asset stayed',
      [move({ status: 'confirmed' }), move({ token_address: TOKEN, status: 'failed', failure: no })],
      no,
    ],
    [
      'one stayed on another chain',
      [move({ status: 'failed', failure: no }), move({ chain_id: 2, status: 'confirmed' })],
      no,
    ],
  ] as const)('%s', (_name, moves, failure) => {
    expect(failureOf(moves)).toEqual(failure);
  });
});

describe('what may be sent of a coin', () => {
  it.each([
    ['leaves twice what its transfer costs now', 1_000_000n, 100n, 10n, 1_000n, 998_000n],
    ['leaves no more than the dearest transfer that may be', 1_000_000n, 100n, 800n, 1_000n, 900_000n],
    ['is nothing when that is all there is', 2_000n, 100n, 10n, 1_000n, 0n],
    ['is nothing when there is less', 1n, 100n, 10n, 1_000n, 0n],
  ] as const)('%s', (_name, balance, gas, fee, cap, expected) => {
    expect(movableWei(balance, gas, fee, cap)).toBe(expected);
  });
});

describe('the reference of a try', () => {
  it('is another for each try, asset, chain and sweep, and no caller can take it', () => {
    const sweep = { wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA', round: 1 };
    const references = [
      sweepReference(sweep, 1, { token_address: null, attempt: 1 }),
      sweepReference(sweep, 1, { token_address: null, attempt: 2 }),
      sweepReference(sweep, 1, { token_address: TOKEN, attempt: 1 }),
      sweepReference(sweep, 2, { token_address: null, attempt: 1 }),
      sweepReference({ ...sweep, round: 2 }, 1, { token_address: null, attempt: 1 }),
    ];
    expect(new Set(references).size).toBe(references.length);
    for (const reference of references) expect(newReferenceField.safeParse(reference).success).toBe(false);
  });
});
