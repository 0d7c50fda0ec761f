import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction, TransactionStatus } from '#shared/transactions/transaction.ts';
import { transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { advance, amend, isFinal, transitions } from '#shared/transactions/transition.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { acceptedTransaction, queued } from '#test/support/fakes/ledger-transactions.ts';

const LATER = isoTime(TEST_NOW_MS + 5_000);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
const STATUSES = transactionStatusSchema.options;

/** docs/lanes.md, and the design's list of ends. */
const LEGAL = [
  ['queued', 'signed'],
  ['queued', 'failed'],
  ['queued', 'cancelled'],
  ['queued', 'expired'],
  ['signed', 'submitted'],
  ['signed', 'mined'],
  ['submitted', 'mined'],
  ['signed', 'queued'],
  ['signed', 'cancelled'],
  ['signed', 'expired'],
  ['signed', 'failed'],
  ['submitted', 'queued'],
  ['submitted', 'cancelled'],
  ['submitted', 'expired'],
  ['submitted', 'failed'],
  ['mined', 'submitted'],
  ['mined', 'confirmed'],
  ['mined', 'reverted'],
  ['mined', 'cancelled'],
  ['mined', 'expired'],
  ['mined', 'failed'],
] as const satisfies readonly (readonly [TransactionStatus, TransactionStatus])[];
const ENDS = ['confirmed', 'reverted', 'failed', 'cancelled', 'expired'];

const pairs = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const));
const isLegal = (from: string, to: string) => LEGAL.some(([a, b]) => a === from && b === to);

describe('the table of transitions', () => {
  it('has exactly the transitions of the design', () => {
    const found = STATUSES.flatMap((from) => transitions[from].map((to) => [from, to]));
    expect(found.toSorted()).toEqual(LEGAL.map((pair) => [...pair]).toSorted());
  });

  it.each(STATUSES)('%s is final when it is one of the ends', (status) => {
    expect(isFinal(status)).toBe(ENDS.includes(status));
  });
});

describe('a legal transition', () => {
  it.each(LEGAL)('from %s to %s gives the next version, the time and the audit head of its entry', (from, to) => {
    const before = queued(1, { status: from, version: 7 });
    const { after, entry, ...rest } = advance(before, to, { confirmations: 2 }, LATER, BY, { depth: 2 });
    expect(rest).toEqual({ before });
    expect(after).toEqual({
      ...before,
      status: to,
      confirmations: 2,
      version: 8,
      updated_at: LATER,
      audit_seq: 2,
      audit_hash: entry.hash,
    });
    expect(entry).toMatchObject({
      ...BY,
      stream: before.id,
      seq: 2,
      prev_hash: before.audit_hash,
      at: LATER,
      detail: { depth: 2 },
    });
  });

  it.each(LEGAL)('from %s to %s leaves what it was computed from alone', (from, to) => {
    const before = Object.freeze(queued(1, { status: from }));
    const copy = structuredClone(before);
    advance(before, to, { hash: '0x01' }, LATER, BY);
    expect(before).toEqual(copy);
  });

  it.each([
    ['queued', 'signed', 'transaction.signed', 'INFO'],
    ['signed', 'submitted', 'transaction.submitted', 'INFO'],
    ['submitted', 'mined', 'transaction.mined', 'INFO'],
    ['mined', 'confirmed', 'transaction.confirmed', 'INFO'],
    ['mined', 'reverted', 'transaction.reverted', 'WARNING'],
    ['mined', 'submitted', 'transaction.reorged', 'WARNING'],
    ['queued', 'failed', 'transaction.failed', 'WARNING'],
    ['queued', 'expired', 'transaction.expired', 'INFO'],
    ['queued', 'cancelled', 'transaction.cancelled', 'INFO'],
  ] as const)('from %s to %s is told as %s, as grave as %s', (from, to, action, severity) => {
    expect(advance(queued(1, { status: from }), to, {}, LATER, BY).entry).toMatchObject({ action, severity });
  });

  it('changes nothing that the patch does not name', () => {
    const before = queued(1, { status: 'submitted', nonce: 4, hash: '0xaa' });
    expect(advance(before, 'mined', {}, LATER, BY).after).toMatchObject({ nonce: 4, hash: '0xaa', value: '1' });
  });
});

describe('an illegal transition', () => {
  it.each(pairs.filter(([from, to]) => !isLegal(from, to)))('from %s to %s is INVALID_TRANSITION', (from, to) => {
    const error = caught(HavenError, () => advance(queued(3, { status: from }), to, {}, LATER, BY));
    expect(error).toMatchObject({
      code: 'INVALID_TRANSITION',
      details: { transaction_id: queued(3).id, from, to },
    });
  });
});

describe('the audit stream of a whole life', () => {
  it.each([
    ['confirmed at once', ['signed', 'submitted', 'mined', 'confirmed']],
    ['reorganised twice', ['signed', 'submitted', 'mined', 'submitted', 'mined', 'submitted', 'mined', 'confirmed']],
    ['reverted', ['signed', 'submitted', 'mined', 'reverted']],
    ['mined, though no node said that it has it', ['signed', 'mined', 'confirmed']],
    ['never signed', ['expired']],
  ] as const)('%s is a chain that its head closes', (_name, life) => {
    const accepted = acceptedTransaction(1);
    const entries: AuditEntry[] = [accepted.entry];
    let transaction: Transaction = accepted.transaction;
    for (const [index, to] of life.entries()) {
      const step = advance(transaction, to, {}, isoTime(TEST_NOW_MS + index), BY, { index });
      entries.push(step.entry);
      transaction = amend(step.after, { confirmations: index }, isoTime(TEST_NOW_MS + index)).after;
    }
    expect(firstBreak(transaction.id, entries, transaction)).toBeNull();
    expect(transaction.version).toBe(1 + 2 * life.length);
  });
});

describe('a change of facts', () => {
  it('gives the next version and the time, and moves neither the status nor the audit head', () => {
    const before = queued(1, { version: 2 });
    expect(amend(before, { waiting_for: 'funds' }, LATER)).toEqual({
      before,
      after: { ...before, waiting_for: 'funds', version: 3, updated_at: LATER },
    });
  });
});
