import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/deposit-pool/handler.ts';
import { createPoolKicker } from '#shared/custody/deposit-pool/pool-kicker.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { createPoolDesk } from '#test/support/fakes/pool-desk.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws } from '#test/support/fakes/scripted-aws.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

describe('the function that fills the pool', () => {
  it.each([
    ['the schedule', { source: 'aws.scheduler' }],
    ['kicks', sqsEvent([{ reason: 'low_water' }, { reason: 'low_water' }])],
    ['anything', 'garbage'],
  ])('fills it when called by %s, and gives no message back', async (_name, event) => {
    const desk = createPoolDesk();
    const answer = await createHandler(desk.deps)(event, lambdaContext());
    expect(answer).toEqual({ batchItemFailures: [] });
    expect((await desk.pool.all()).length).toBe(12);
  });

  it('fails when it cannot see the pool, so that its alarm sounds', async () => {
    const desk = createPoolDesk({
      around: () => {
        throw new Error('The ledger is down');
      },
    });
    await expect(createHandler(desk.deps)({}, lambdaContext())).rejects.toThrow();
  });
});

describe('a kick', () => {
  function kicking(answer: { readonly body?: object; readonly status?: number }) {
    const aws = createScriptedAws(() => ({ status: 200, body: {}, ...answer }));
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({
      region: 'eu-central-1',
      endpoint: 'https://sqs.test',
      credentials,
      maxAttempts: 1,
      requestHandler: aws.requestHandler,
    });
    const clock = createFakeClock();
    const log = createRecordingLog();
    const metrics = createRecordingMetrics();
    const parts = { clock: clock.now, log: log.log, metrics: metrics.metrics };
    return { aws, clock, log, metrics, kicker: createPoolKicker(sqs, 'https://sqs.test/1/kicks', parts) };
  }

  it('is sent at most once in five seconds', async () => {
    const { aws, clock, kicker } = kicking({ body: { MessageId: '1' } });
    for (let nth = 0; nth < 3; nth += 1) await kicker.kick();
    expect(aws.requests).toHaveLength(1);
    clock.advance(5_000);
    await kicker.kick();
    expect(aws.requests).toHaveLength(2);
  });

  it('that could not be sent is logged and counted, and stops nobody', async () => {
    const { kicker, log, metrics } = kicking({ status: 500 });
    await kicker.kick();
    expect(log.of('DEPOSIT_POOL_KICK_NOT_SENT')).toHaveLength(1);
    expect(metrics.counts()).toEqual({ DepositPoolKickNotSent: 1 });
  });
});

describe('GET /admin/deposit-pool', () => {
  it('shows how many wait, and since when there are too few', async () => {
    const { functions, desk } = bindAllRoutes();
    const api = createTestApi(functions['custody-api'] ?? []);
    const show = async () => JSON.parse((await api.send({ path: '/admin/deposit-pool', scopes: 'custody:read' })).body);
    expect(await show()).toEqual({ free: 0, target: 4, low_water: 2, status: 'empty', low_since: null });
    const since = '2026-11-21T18:00:00.000Z';
    desk.dynamo.put('ledger', { pk: 'DEPOSIT_POOL#STATE', sk: 'STATE', status: 'low', since, version: 3 });
    desk.dynamo.put('ledger', { pk: 'DEPOSIT_POOL#1', sk: 'SLOT#00001', wallet_id: 'wal_1', address: '0x1' });
    expect(await show()).toMatchObject({ free: 1, status: 'low', low_since: since });
    expect((await api.send({ path: '/admin/deposit-pool', scopes: 'users:read' })).statusCode).toBe(403);
  });
});
