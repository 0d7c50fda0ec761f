import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/outbox-worker/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { type OutboxMessage, outboxItem } from '#shared/platform/outbox/outbox-message.ts';
import { redeemTokens } from '#shared/token/redeem.ts';
import type { TransactionStatus } from '#shared/transactions/transaction.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { createRedemptionDesk, nthId } from '#test/support/fakes/redemption-desk.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';

const SCHEDULED = { version: '0', source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };
const NOTHING_RETURNED = { batchItemFailures: [] };
const POISON: OutboxMessage = {
  id: 'poison',
  subject: `redemption:${nthId('red', 9)}`,
  fact: { type: 'transaction.ended', transaction_id: 'tx', status: 'confirmed', failure: null },
  created_at: '2026-11-21T18:00:00.000Z',
};

/** The worker beside a desk where things can be redeemed. */
function working() {
  const desk = createRedemptionDesk();
  const handle = createHandler({ ...desk.deliveriesBy(desk.deps.client), ...desk.parts });
  const run = (event: unknown, remainingMs?: number) => handle(event, lambdaContext(remainingMs));
  async function redeem(amount = '1') {
    const key = `redeem-${desk.dynamo.items('ephemeral').length}`;
    const context = idempotentContext({ idempotency: { recordKey: key, fingerprint: key } });
    const wish = { user_id: nthId('usr', 1), amount, reference: key, speed: 'standard' } as const;
    const { id, transaction_id } = await redeemTokens(desk.deps, wish, context);
    return { id, burn: transaction_id, message: `transaction.ended#${transaction_id}` };
  }
  const undelivered = async () => (await desk.deliveriesBy(desk.deps.client).outbox.undelivered(100)).toSorted();
  return { ...desk, run, redeem, undelivered };
}

describe('the end of a burn', () => {
  it.each([
    ['confirmed', 'completed'],
    ['reverted', 'failed'],
    ['failed', 'failed'],
    ['expired', 'failed'],
    ['cancelled', 'failed'],
  ] as const)('that is %s makes the redemption %s, once, on an audit stream that verifies', async (burn, status) => {
    const desk = working();
    const redemption = await desk.redeem();
    await desk.endBurn(redemption.burn, burn satisfies TransactionStatus);
    expect(await desk.redemptions.get(redemption.id)).toMatchObject({ status: 'pending' });
    for (let time = 0; time < 3; time += 1) {
      expect(await desk.run(sqsEvent([{ ids: [redemption.message] }]))).toEqual(NOTHING_RETURNED);
    }
    const after = await desk.redemptions.get(redemption.id);
    expect(after).toMatchObject({ status, version: 2 });
    const entries = await createAuditStore(desk.deps.client, 'audit').stored(redemption.id);
    expect(entries).toMatchObject([
      { action: 'redemption.accepted' },
      {
        action: `redemption.${status}`,
        actor: 'outbox-worker',
        request_id: 'invocation-1',
        detail: { transaction_id: redemption.burn, transaction_status: burn },
      },
    ]);
    expect(firstBreak(redemption.id, entries, after)).toBeNull();
    expect(await desk.undelivered()).toEqual([]);
    expect(await desk.redemptions.openOf(nthId('usr', 1))).toEqual([]);
    expect(desk.metrics.counts()).toMatchObject({
      OutboxDelivered: 1,
      [status === 'completed' ? 'RedemptionCompleted' : 'RedemptionFailed']: 1,
    });
    expect(desk.log.of('REDEMPTION_ENDED')).toMatchObject([{ redemption_id: redemption.id, status }]);
  });

  it('tells why nothing was burned', async () => {
    const desk = working();
    const { id, burn, message } = await desk.redeem();
    await desk.endBurn(burn, 'failed', { failure: { code: 'CONTRACT_REVERT', message: 'too little' } });
    await desk.run(sqsEvent([{ ids: [message] }]));
    expect((await desk.redemptions.get(id)).failure).toMatchObject({
      code: 'REDEMPTION_FAILED',
      message: expect.stringContaining('too little'),
    });
  });

  it('of the ones before it leaves the redemption pending: a burn that is only mined completes nothing', async () => {
    const desk = working();
    const { id, burn } = await desk.redeem();
    expect((await desk.deps.transactions.get(burn)).status).toBe('queued');
    await desk.run(SCHEDULED);
    expect(await desk.redemptions.get(id)).toMatchObject({ status: 'pending', version: 1 });
  });
});

describe('the schedule', () => {
  it('delivers everything whose wake was lost', async () => {
    const desk = working();
    const all = [await desk.redeem(), await desk.redeem(), await desk.redeem()];
    for (const { burn } of all) await desk.endBurn(burn, 'confirmed');
    expect(await desk.undelivered()).toHaveLength(3);
    expect(await desk.run(SCHEDULED)).toEqual(NOTHING_RETURNED);
    for (const { id } of all) expect((await desk.redemptions.get(id)).status).toBe('completed');
    expect(desk.log.of('OUTBOX_DELIVERED')).toMatchObject([{ cause: 'schedule', delivered: 3, gone: 0, failed: 0 }]);
  });

  it('delivers the others when one fails, keeps that one, and says so', async () => {
    const desk = working();
    const { id, burn } = await desk.redeem();
    await desk.endBurn(burn, 'confirmed');
    desk.dynamo.put('ledger', outboxItem(POISON));
    await desk.run(SCHEDULED);
    expect((await desk.redemptions.get(id)).status).toBe('completed');
    expect(await desk.undelivered()).toEqual(['poison']);
    expect(desk.metrics.counts()).toMatchObject({ OutboxFailed: 1 });
    expect(desk.log.of('OUTBOX_FAILED')).toMatchObject([
      { message: 'poison', error: { code: 'REDEMPTION_NOT_FOUND' } },
    ]);
  });

  it('with nothing to do says nothing', async () => {
    const desk = working();
    await desk.run(SCHEDULED);
    expect(desk.log.of('OUTBOX_DELIVERED')).toEqual([]);
  });

  it('begins no delivery that it has no time for', async () => {
    const desk = working();
    const { id, burn } = await desk.redeem();
    await desk.endBurn(burn, 'confirmed');
    await desk.run(SCHEDULED, 2_500);
    expect((await desk.redemptions.get(id)).status).toBe('pending');
    expect(desk.log.of('OUTBOX_DELIVERED')).toMatchObject([{ delivered: 0, failed: 1 }]);
  });
});

describe('a worker that is cut off', () => {
  /** Runs the schedule by a network that fails at one request, and says how many there were. */
  async function cutOffAt(desk: ReturnType<typeof working>, at: number, lost: 'request' | 'answer'): Promise<number> {
    let requests = 0;
    const network = createScriptedAws((request) => {
      requests += 1;
      if (requests !== at) return desk.dynamo.answer(request);
      if (lost === 'answer') desk.dynamo.answer(request);
      return new Error('cut off');
    });
    const handle = createHandler({ ...desk.deliveriesBy(scriptedDocumentClient(network)), ...desk.parts });
    await Promise.allSettled([handle(SCHEDULED, lambdaContext())]);
    return requests;
  }

  it.each(['request', 'answer'] as const)(
    'at any request in turn, its %s lost, has ended a redemption wholly or not at all, and the next run sees to it',
    async (lost) => {
      const whole = working();
      await whole.endBurn((await whole.redeem()).burn, 'confirmed');
      const points = await cutOffAt(whole, 0, lost);
      // A read of each shard, the message, the redemption, the write.
      expect(points).toBe(7);
      for (let at = 1; at <= points; at += 1) {
        const desk = working();
        const { id, burn } = await desk.redeem();
        await desk.endBurn(burn, 'confirmed');
        await cutOffAt(desk, at, lost);
        const isDone = at === points && lost === 'answer';
        expect((await desk.redemptions.get(id)).status).toBe(isDone ? 'completed' : 'pending');
        expect(await desk.undelivered()).toHaveLength(isDone ? 0 : 1);
        await desk.run(SCHEDULED);
        const after = await desk.redemptions.get(id);
        expect(after).toMatchObject({ status: 'completed', version: 2 });
        const entries = await createAuditStore(desk.deps.client, 'audit').stored(id);
        expect([entries.length, firstBreak(id, entries, after)]).toEqual([2, null]);
      }
    },
  );
});

describe('wakes', () => {
  it('about what is gone, or never was, are done', async () => {
    const desk = working();
    expect(await desk.run(sqsEvent([{ ids: ['transaction.ended#tx_none'] }]))).toEqual(NOTHING_RETURNED);
    expect(desk.log.of('OUTBOX_DELIVERED')).toMatchObject([{ cause: 'wake', delivered: 0, gone: 1 }]);
  });

  it('go back only when something that they name has failed', async () => {
    const desk = working();
    const { burn, message } = await desk.redeem();
    await desk.endBurn(burn, 'confirmed');
    desk.dynamo.put('ledger', outboxItem(POISON));
    const batch = sqsEvent([{ ids: [message] }, { ids: [message, 'poison'] }]);
    expect(await desk.run(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  });

  it.each([['{'], [{}], [{ ids: [] }], [{ ids: [1] }], [{ ids: [''] }]])(
    'that can not be read go back, and the others are worked: %j',
    async (hostile) => {
      const desk = working();
      const { id, burn, message } = await desk.redeem();
      await desk.endBurn(burn, 'confirmed');
      const batch = sqsEvent([hostile, { ids: [message] }]);
      expect(await desk.run(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
      expect((await desk.redemptions.get(id)).status).toBe('completed');
      expect(desk.log.of('UNREADABLE_OUTBOX_WAKE')).toMatchObject([{ message_id: 'm1' }]);
    },
  );

  it('beside each other and beside the schedule end a redemption once', async () => {
    const desk = working();
    const { id, burn, message } = await desk.redeem();
    await desk.endBurn(burn, 'confirmed');
    const wake = sqsEvent([{ ids: [message] }]);
    await Promise.all([wake, SCHEDULED, wake, SCHEDULED, wake].map((event) => desk.run(event)));
    expect(await desk.redemptions.get(id)).toMatchObject({ status: 'completed', version: 2 });
    expect(await createAuditStore(desk.deps.client, 'audit').stored(id)).toHaveLength(2);
  });
});
