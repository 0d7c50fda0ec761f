import { describe, expect, it } from 'vitest';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { CONFLICT, Conflict, committing, conflictAt, FAILED, NONE, OK } from '#test/support/fakes/committing.ts';
import { cancelled, type Script } from '#test/support/fakes/scripted-aws.ts';

describe('a conflict with another transaction', () => {
  it.each([
    ['a conflict', [CONFLICT, NONE, NONE]],
    ['several conflicts', [CONFLICT, CONFLICT, CONFLICT]],
    ['throttling', [NONE, { Code: 'ThrottlingError' }, NONE]],
    ['a spent capacity', [NONE, NONE, { Code: 'ProvisionedThroughputExceeded' }]],
    ['a mixture of these', [CONFLICT, { Code: 'ThrottlingError' }, NONE]],
  ])('by %s is tried again until it passes', async (_name, reasons) => {
    const { aws, waitsMs, commit } = committing([cancelled(reasons), cancelled(reasons), OK]);
    await commit();
    expect(aws.requests).toHaveLength(3);
    expect(waitsMs).toHaveLength(2);
  });

  it('that becomes a failed condition means what the step says', async () => {
    const { commit } = committing([cancelled([CONFLICT, NONE, NONE]), cancelled([FAILED, NONE, NONE])]);
    expect((await caughtLater(Conflict, () => commit())).step).toBe('first');
  });

  it('that never ends is WRITE_CONFLICT after 12 attempts, with waits that grow and jitter below their ceilings', async () => {
    const { aws, waitsMs, commit } = committing(() => cancelled([CONFLICT, NONE, NONE]));
    const error = await caughtLater(HavenError, () => commit());
    expect(error).toMatchObject({ code: 'WRITE_CONFLICT', status: 409, retryAfterSeconds: 1 });
    expect(aws.requests).toHaveLength(12);
    expect(waitsMs).toHaveLength(11);
    for (const [attempt, waitMs] of waitsMs.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(Math.min(400, 15 * 2 ** attempt));
    }
    expect(new Set(waitsMs).size).toBeGreaterThan(1);
  });

  describe('on a step that has an error of its own for one that never ends', () => {
    const held = (script: Script) => {
      const transaction = new WriteTransaction()
        .put('t', { pk: 'a' }, conflictAt('first'))
        .put('t', { pk: 'b' }, conflictAt('second'), undefined, () => new HavenError('OUT_OF_STOCK', 'second held'))
        .put('t', { pk: 'c' }, conflictAt('third'), undefined, () => new HavenError('CART_EXPIRED', 'third held'));
      return { ...committing(script), transaction };
    };

    it.each([
      ['is that error', [NONE, CONFLICT, NONE], 'OUT_OF_STOCK'],
      ['is the first of such errors', [NONE, CONFLICT, CONFLICT], 'OUT_OF_STOCK'],
      ['is that error beside throttling', [{ Code: 'ThrottlingError' }, NONE, CONFLICT], 'CART_EXPIRED'],
      ['is WRITE_CONFLICT when another step is held', [CONFLICT, NONE, NONE], 'WRITE_CONFLICT'],
      [
        'is WRITE_CONFLICT when nothing but throughput was short',
        [NONE, { Code: 'ThrottlingError' }, NONE],
        'WRITE_CONFLICT',
      ],
    ])('%s', async (_name, reasons, code) => {
      const { aws, commit, transaction } = held(() => cancelled(reasons));
      expect((await caughtLater(HavenError, () => commit(transaction))).code).toBe(code);
      expect(aws.requests).toHaveLength(12);
    });

    it('means what the step says when its condition fails in the end', async () => {
      const { commit, transaction } = held([cancelled([NONE, CONFLICT, NONE]), cancelled([NONE, FAILED, NONE])]);
      expect((await caughtLater(Conflict, () => commit(transaction))).step).toBe('second');
    });

    it('passes like any other when the rivals leave', async () => {
      const { commit, transaction } = held([cancelled([NONE, CONFLICT, NONE]), OK]);
      await expect(commit(transaction)).resolves.toBeUndefined();
    });
  });

  it('is tried again only inside the deadline', async () => {
    const { waitsMs, commit } = committing(() => cancelled([CONFLICT, NONE, NONE]), { budgetMs: 40 });
    expect((await caughtLater(HavenError, () => commit())).code).toBe('WRITE_CONFLICT');
    expect(waitsMs.reduce((sum, waitMs) => sum + waitMs, 0)).toBeLessThanOrEqual(40);
  });

  it('is tried once even when the deadline has passed', async () => {
    const { aws, commit } = committing([OK], { budgetMs: 0 });
    await commit();
    expect(aws.requests).toHaveLength(1);
  });
});
