import { describe, expect, it } from 'vitest';
import { countsAsPaid, type Payment } from '#shared/orders/order.ts';
import { afterRange } from '#shared/payments/scan/judge-range.ts';
import { testPayment } from '#test/support/fakes/orders.ts';

const CHAIN_ID = 31_337;
const AT_ONCE = 20;
const HASH = `0x${'b1'.repeat(32)}`;
const range = { chainId: CHAIN_ID, hashes: new Map([[100, HASH]]) };

/** A transfer in a block. */
function transfer(n: number, block = HASH): Payment {
  const transaction_hash = `0x${n.toString(16).padStart(64, '0')}`;
  return testPayment(10, {
    id: `${CHAIN_ID}:${transaction_hash}:0`,
    status: 'detected',
    on_chain: {
      chain_id: CHAIN_ID,
      block_number: 100,
      block_hash: block,
      transaction_hash,
      log_index: 0,
      from: null,
    },
  });
}

/** Money that no transfer told of so far, in the same block. */
const balance = (amount: number): Payment => ({
  ...testPayment(amount, { id: `${CHAIN_ID}:0xabc:balance` }),
  on_chain: {
    chain_id: CHAIN_ID,
    block_number: 100,
    block_hash: HASH,
    transaction_hash: null,
    log_index: null,
    from: null,
  },
});

/** Writes one after the other, each judged by what the ones before stored, until nothing is left to say. */
function settle(stored: readonly Payment[], found: readonly Payment[]) {
  let rows = stored;
  const sums: bigint[] = [];
  for (;;) {
    const seen = afterRange(rows, found, range, AT_ONCE);
    if (seen.length === 0) return { rows, sums };
    expect(seen.length).toBeLessThanOrEqual(AT_ONCE);
    const ids = new Set(seen.map(({ id }) => id));
    expect(ids.size).toBe(seen.length);
    rows = [...rows.filter(({ id }) => !ids.has(id)), ...seen];
    sums.push(rows.filter(countsAsPaid).reduce((sum, { amount }) => sum + BigInt(amount), 0n));
  }
}

describe('transfers that explain a balance', () => {
  it.each([1, 18, 19, 20, 25, 60])('take its place, each once, in as many writes as it takes: %i of them', (count) => {
    const found = Array.from({ length: count }, (_, n) => transfer(n + 1));
    const { sums } = settle([balance(count * 10)], found);
    // What is there is the same all the time: nothing is counted twice on the way, and nothing is missing.
    expect(new Set(sums)).toEqual(new Set([BigInt(count * 10)]));
  });

  it('leave of it what they do not explain', () => {
    const found = Array.from({ length: 25 }, (_, n) => transfer(n + 1));
    const { rows } = settle([balance(257)], found);
    expect(rows.find(({ id }) => id.endsWith('balance'))).toMatchObject({ amount: '7', status: 'confirmed' });
  });
});

describe('a block that took the place of another', () => {
  it('takes all of its payments away and brings those of the new one, in as many writes as it takes', () => {
    const old = Array.from({ length: 30 }, (_, n) => transfer(n + 1, `0x${'0a'.repeat(32)}`));
    const found = Array.from({ length: 30 }, (_, n) => transfer(n + 101));
    const { rows } = settle(old, found);
    expect(rows.filter(countsAsPaid)).toHaveLength(30);
    expect(rows.filter(({ status }) => status === 'orphaned')).toHaveLength(30);
  });
});
