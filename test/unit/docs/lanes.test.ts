import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_HEAD_AHEAD_MS } from '#shared/platform/chain/head-time.ts';
import { noopCapWei } from '#shared/transactions/lane/fee-quotes.ts';
import { SPEED_PERCENTILES } from '#shared/transactions/lane/fees.ts';
import { MAX_CLOCK_SKEW_MS } from '#shared/transactions/lane/lane-time.ts';
import {
  FREE_AFTER_FACTOR,
  MAX_ATTEMPTS,
  MAX_AUTOMATIC_ATTEMPTS,
  NOOP_RESERVE,
  REPLACE_AFTER_BLOCKS,
} from '#shared/transactions/lane/replacement.ts';
import { LONE_WITNESS_FACTOR } from '#shared/transactions/lane/second-opinion.ts';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import { transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { advance, transitions } from '#shared/transactions/transition.ts';
import { queued, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { ACTION_ORDER, buildLanes } from '../../../docs/generate/lane-tables.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/lanes.md', import.meta.url)), 'utf8');

/** The cells in code of the first columns of a table. */
function rowsOf(heading: string, columns: number): string[][] {
  const table = page
    .slice(page.indexOf(heading))
    .split('\n\n')
    .find((part) => part.startsWith('| ') || part.includes('\n| '));
  const rows = (table ?? '').split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, 1 + columns)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('docs/lanes.md', () => {
  it('has exactly the transitions of the code', () => {
    const legal = Object.entries(transitions).flatMap(([from, tos]) => tos.map((to) => [from, to]));
    expect(rowsOf('## States', 2).toSorted()).toEqual(legal.toSorted());
  });

  it('has exactly the actions of the code, in the order that decide is held to', () => {
    expect(rowsOf('4. **Decide**', 1).flat()).toEqual(ACTION_ORDER);
  });

  it('names the audit entry that each transition leaves', () => {
    for (const [from = '', to = '', , action] of rowsOf('## States', 4)) {
      const before = queued(1, { status: transactionStatusSchema.parse(from) });
      const by = { actor: 'lane-worker', request_id: 'invocation-1' };
      const { entry } = advance(before, transactionStatusSchema.parse(to), {}, before.updated_at, by);
      expect(action).toBe(entry.action);
    }
  });

  it('cannot be generated without a place for each table', () => {
    expect(() => buildLanes(page.replace('<!-- end of actions -->', ''))).toThrow('no place for its actions');
  });

  it('has the numbers of the code', () => {
    expect(page).toContain(`(${Object.values(SPEED_PERCENTILES).join(', ')})`);
    const { slow, standard, fast, fastest } = REPLACE_AFTER_BLOCKS;
    expect(page).toContain(`after ${slow}, ${standard}, ${fast} or ${fastest} blocks`);
    expect(page).toContain(`at most ${MAX_AUTOMATIC_ATTEMPTS} versions`);
    expect(page).toContain(`goes on to ${MAX_ATTEMPTS}`);
    expect(page).toContain(`${NOOP_RESERVE} no-ops more`);
    expect(page).toContain(`has waited ${FREE_AFTER_FACTOR} times as long`);
    expect(page).toContain(`ends it ${MAX_CLOCK_SKEW_MS / 60_000} minutes late`);
    expect(page).toContain(`more than ${MAX_HEAD_AHEAD_MS / 60_000} minutes ahead`);
    expect(AWAY_AFTER_MS).toBe(60_000);
    expect(page).toContain('done, a minute later');
    expect(LONE_WITNESS_FACTOR).toBe(2);
    expect(page).toContain('done at twice the depth');
    expect(noopCapWei(TEST_CHAIN, undefined)).toBe(2n * BigInt(TEST_CHAIN.max_fee_per_gas_wei));
  });
});
