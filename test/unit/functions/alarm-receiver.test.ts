import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/alarm-receiver/handler.ts';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { alertSchema } from '#shared/alerts/alert.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo, plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const TEXT = 'A chain cannot be read for payments. Payments are not seen, and orders keep their pieces.';

/** The documented sample of a single-metric alarm, with names of Haven's. */
function changed(
  change: {
    readonly id?: string;
    readonly to?: string;
    readonly from?: string;
    readonly configuration?: object;
    readonly time?: string;
  } = {},
) {
  const { id = 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92', to = 'ALARM', from = 'OK' } = change;
  const description = alarmDescription({ text: TEXT, alert: 'ERROR' });
  return {
    version: '0',
    id,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '123456789012',
    time: change.time ?? '2026-11-22T17:04:40Z',
    region: 'eu-central-1',
    resources: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:haven-local-payment-scans-failed'],
    detail: {
      alarmName: 'haven-local-payment-scans-failed',
      configuration: change.configuration ?? { description, metrics: [{ id: 'm1', returnData: true }] },
      previousState: { reason: 'none', timestamp: '2026-11-22T17:00:40.000+0000', value: from },
      state: {
        reason: 'Threshold Crossed: 1 datapoint [4.0] was greater than or equal to the threshold (4.0).',
        reasonData: '{"version":"1.0"}',
        timestamp: '2026-11-22T17:04:40.989+0000',
        value: to,
      },
    },
  };
}

function bench() {
  const dynamo = createMemoryDynamo({ logs: ['pk', 'sk'] });
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const handler = createHandler({
    client: scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request))),
    tables: { logs: 'logs' },
    prefix: 'haven-local-',
    clock: createFakeClock().now,
    log: log.log,
    metrics: metrics.metrics,
  });
  return {
    log,
    metrics,
    receive: (event: unknown) => handler(event, lambdaContext()),
    alerts: () => dynamo.items('logs').map((item) => alertSchema.parse(plainItem(item))),
  };
}

describe('an alarm that begins', () => {
  it('is an alert as grave as the alarm says, which tells what is wrong and why', async () => {
    const { receive, alerts, metrics } = bench();
    await receive(changed());
    expect(alerts()).toEqual([
      {
        id: expect.stringMatching(/^alr_01[0-9A-HJKMNP-TV-Z]{24}$/),
        severity: 'ERROR',
        category: 'alarm',
        summary: `Alarm: payment-scans-failed. ${TEXT}`,
        details: {
          alarm: 'haven-local-payment-scans-failed',
          state: 'ALARM',
          reason: 'Threshold Crossed: 1 datapoint [4.0] was greater than or equal to the threshold (4.0).',
        },
        dedupe_key: 'alarm:payment-scans-failed',
        occurred_at: '2026-11-22T17:04:40.000Z',
      },
    ]);
    expect(metrics.counts()).toEqual({ AlertRecorded: 1 });
  });

  it('is one alert however often EventBridge brings its event, and another when it begins anew', async () => {
    const { receive, alerts, log, metrics } = bench();
    for (let time = 0; time < 3; time += 1) await receive(changed());
    expect(alerts()).toHaveLength(1);
    expect(log.of('ALARM_KNOWN')).toHaveLength(2);
    await receive(changed({ id: 'd5c1c1c9-6542-e61b-6ef0-8c4d36933a92' }));
    expect(alerts()).toHaveLength(2);
    expect(metrics.counts()).toEqual({ AlertRecorded: 2 });
  });

  it('raises none where the alarm is about telling alerts: it would go the way that is broken', async () => {
    const { receive, alerts, log } = bench();
    await receive(changed({ configuration: { description: alarmDescription({ text: TEXT, alert: 'none' }) } }));
    expect(alerts()).toEqual([]);
    expect(log.of('ALARM_NOT_TOLD')).toHaveLength(1);
  });

  it.each([
    ['an error where it does not say how grave it is', { description: 'Made by hand' }, 'ERROR'],
    ['an error where it says nothing', {}, 'ERROR'],
    ['critical where it is on other alarms', { alarmRule: 'ALARM("haven-local-api-5xx")' }, 'CRITICAL'],
  ])('is %s', async (_what, configuration, severity) => {
    const { receive, alerts } = bench();
    await receive(changed({ configuration }));
    expect(alerts()).toMatchObject([{ severity }]);
  });
});

describe('an alarm that ends', () => {
  it('is a notice of its own, which no cool-down of its beginning holds back', async () => {
    const { receive, alerts } = bench();
    await receive(changed());
    await receive(changed({ id: 'another', to: 'OK', from: 'ALARM' }));
    expect(alerts().find(({ severity }) => severity === 'INFO')).toMatchObject({
      summary: `Over: payment-scans-failed. ${TEXT}`,
      dedupe_key: 'alarm:payment-scans-failed:over',
    });
  });

  it.each([
    ['is none where it never sounded', { to: 'OK', from: 'INSUFFICIENT_DATA' }],
    ['is none where data are missing', { to: 'INSUFFICIENT_DATA', from: 'ALARM' }],
  ])('%s', async (_what, change) => {
    const { receive, alerts } = bench();
    await receive(changed(change));
    expect(alerts()).toEqual([]);
  });
});

it.each([
  ['another kind of event', { ...changed(), 'detail-type': 'CloudWatch Alarm Configuration Change' }],
  ['another sender', { ...changed(), source: 'my.app' }],
  ['no time', changed({ time: 'soon' })],
  ['an unknown state', changed({ to: 'PANIC' })],
])('what is no change of an alarm is refused, so that it is kept: %s', async (_what, event) => {
  const { receive, alerts } = bench();
  await expect(receive(event)).rejects.toThrow();
  expect(alerts()).toEqual([]);
});
