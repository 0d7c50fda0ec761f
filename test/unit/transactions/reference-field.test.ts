import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { allRoutes } from '#functions/catalogue.ts';
import { newReferenceField } from '#shared/transactions/reference-field.ts';
import { topUpReference } from '#shared/transactions/top-up/next-top-up.ts';

const OWN = topUpReference({ wallet_id: 'wal_1', chain_id: 1, opened_at: '2026-11-22T00:00:00.000Z', attempt: 1 });

/** Routes that take a reference in their body, with the schema of it. */
const TAKING = Object.entries(allRoutes).flatMap(([id, { body }]) => {
  const shape: Readonly<Record<string, z.ZodType>> = body.shape;
  return shape['reference'] === undefined ? [] : [{ id, field: shape['reference'] }];
});

describe('a reference as Haven gives its own top-ups', () => {
  it('is taken from no caller, on any route, in any spelling', () => {
    expect(TAKING.map(({ id }) => id).toSorted()).toEqual([
      'burnTokens',
      'createTransaction',
      'mintTokens',
      'redeemTokens',
      'retryTransaction',
      'transferTokens',
    ]);
    for (const { id, field } of TAKING) {
      for (const reference of [OWN, 'top-up:', 'Top-Up:1', 'sweep:', 'SWEEP:wal_1', 'Deposit-Sweep:ord_1'])
        expect(field.safeParse(reference).success, id).toBe(false);
      expect(field.safeParse('top-up-of-may').success, id).toBe(true);
    }
    expect(newReferenceField.safeParse(OWN).error?.issues).toMatchObject([
      {
        message: "INVALID_PARAMETER: must not begin with top-up:, sweep:, refund: or deposit-sweep:, as Haven's own do",
      },
    ]);
  });

  it('is taken in no batch', () => {
    const intent = { wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA', chain_id: 1, to: `0x${'1'.repeat(40)}` };
    const parsed = allRoutes.createTransactionBatch.body.safeParse({ transactions: [{ ...intent, reference: OWN }] });
    expect(parsed.error?.issues).toMatchObject([{ path: ['transactions', 0, 'reference'] }]);
  });

  it('can be looked for', () => {
    expect(allRoutes.listTransactions.query.safeParse({ reference: OWN }).success).toBe(true);
  });
});
