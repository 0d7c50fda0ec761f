import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/alarm-receiver/handler.ts';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { alertSchema } from '#shared/alerts/alert.ts';
import { alarmsCheck } from '#shared/monitors/checks/alarms.ts';
import { createConditionStore } from '#shared/monitors/condition-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { COOL_DOWN_MS, createMonitorBench } from '#test/support/fakes/monitor-bench.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import {
  createScriptedAws,
  type ScriptedAnswer,
  type SentRequest,
  scriptedDocumentClient,
} from '#test/support/fakes/scripted-aws.ts';

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
        timestamp: change.time ?? '2026-11-22T17:04:40.989+0000',
        value: to,
      },
    },
  };
}

const BEGIN_MS = Date.parse('2026-11-22T17:04:40.989Z');
const MINUTE_MS = 60_000;

function bench() {
  const watching = createMonitorBench([alarmsCheck()]);
  const { dynamo, clock } = watching;
  clock.advance(BEGIN_MS - clock.now());
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const receiver = (network: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error) =>
    createHandler({
      store: createConditionStore(
        scriptedDocumentClient(createScriptedAws((request) => network(request, () => dynamo.answer(request)))),
        'logs',
        async () => undefined,
      ),
      coolDownMs: COOL_DOWN_MS,
      prefix: 'haven-local-',
      clock: clock.now,
      log: log.log,
      metrics: metrics.metrics,
    });
  const receive = (event: unknown, network: Parameters<typeof receiver>[0] = (_request, answer) => answer()) =>
    receiver(network)(event, lambdaContext());
  const alerts = () => watching.alerts().map((row) => alertSchema.parse(row));
  let events = 0;
  return {
    log,
    metrics,
    clock,
    receive,
    runMonitor: watching.run,
    conditions: watching.conditions,
    alerts,
    /** What was told, in the order of their times. */
    told: () =>
      alerts()
        .toSorted((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1))
        .map(({ summary }) => summary.slice(0, summary.indexOf(':'))),
    /** The alarm changes now, and that is heard of at once. */
    async changes(to: string, configuration?: object) {
      events += 1;
      const time = isoTime(clock.now());
      await receive(changed({ id: `event-${events}`, to, time, ...(configuration ? { configuration } : {}) }));
    },
    /** Minutes in which the monitor runs. */
    async pass(minutes: number) {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.advance(MINUTE_MS);
        await watching.run();
      }
    },
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
          changed_at: '2026-11-22T17:04:40.989Z',
          condition: 'alarm:payment-scans-failed',
          notice: 'opened',
          number_of_notice: 1,
          open_since: '2026-11-22T17:04:40.989Z',
          open_minutes: 0,
        },
        dedupe_key: 'alarm:payment-scans-failed@2026-11-22T17:04:40.989Z#1',
        occurred_at: '2026-11-22T17:04:40.989Z',
      },
    ]);
    expect(metrics.counts()).toEqual({ AlertRecorded: 1 });
  });

  it('is one alert however often EventBridge brings its event, and whatever else says that it lasts', async () => {
    const { receive, alerts, log, metrics } = bench();
    for (let time = 0; time < 3; time += 1) await receive(changed());
    expect(alerts()).toHaveLength(1);
    expect(log.of('ALARM_KNOWN')).toHaveLength(2);
    await receive(changed({ id: 'd5c1c1c9-6542-e61b-6ef0-8c4d36933a92' }));
    expect(alerts()).toHaveLength(1);
    expect(metrics.counts()).toEqual({ AlertRecorded: 1 });
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
  it('is told as no gravity to who heard that it began', async () => {
    const { changes, pass, alerts } = bench();
    await changes('ALARM');
    await pass(6);
    await changes('OK');
    expect(alerts().at(-1)).toMatchObject({
      severity: 'INFO',
      routed_as: 'ERROR',
      summary: `Over: payment-scans-failed. ${TEXT}`,
      details: { open_minutes: 6 },
    });
  });

  it('is none where it never sounded', async () => {
    const { changes, alerts } = bench();
    await changes('OK');
    expect(alerts()).toEqual([]);
  });

  it('is over for good, though the event that it began comes after that of its end', async () => {
    const { receive, pass, clock, alerts, conditions, changes, told } = bench();
    const beganAt = isoTime(clock.now());
    await pass(1);
    await changes('OK');
    await receive(changed({ id: 'began', time: beganAt }));
    await pass(61);
    expect(alerts()).toEqual([]);
    expect(conditions()).toMatchObject([{ state: 'resolved', told: null, notices: 0 }]);
    // Twice over is over still, and one that begins now is no old one.
    await changes('OK');
    await receive(changed({ id: 'began', time: beganAt }));
    await changes('ALARM');
    expect(told()).toEqual(['Alarm']);
  });

  it.each([
    ['OK', 'ALARM'],
    ['ALARM', 'OK'],
  ])('that changed to %s and to %s at one moment sounds', async (first, second) => {
    const { receive, clock, told } = bench();
    const time = isoTime(clock.now());
    for (const to of [first, second, first]) await receive(changed({ id: `to ${to}`, to, time }));
    expect(told()).toEqual(['Alarm']);
  });

  it('is over when it is well again, not when data are missing', async () => {
    const { changes, pass, told } = bench();
    await changes('ALARM');
    await pass(1);
    await changes('INSUFFICIENT_DATA');
    await pass(1);
    expect(told()).toEqual(['Alarm']);
    await changes('OK');
    expect(told()).toEqual(['Alarm', 'Over']);
  });

  it('does not end what began after it, when its event comes late', async () => {
    const { receive, changes, pass, clock, told, log } = bench();
    await changes('ALARM');
    await pass(1);
    const endedAt = isoTime(clock.now());
    await pass(1);
    await receive(changed({ id: 'second', time: isoTime(clock.now()) }));
    // That the first one ended came late: for people it is one alarm.
    await receive(changed({ id: 'late', to: 'OK', time: endedAt }));
    expect([told(), log.of('ALARM_KNOWN').length]).toEqual([['Alarm'], 1]);
    await pass(1);
    await changes('OK');
    await receive(changed({ id: 'later still', time: endedAt }));
    expect([told(), log.of('ALARM_KNOWN').length]).toEqual([['Alarm', 'Over'], 2]);
  });
});

describe('an alarm that comes back', () => {
  it('within a cool-down is told again, and again when it is over', async () => {
    const { changes, pass, told } = bench();
    for (const to of ['ALARM', 'OK', 'ALARM', 'OK']) {
      await changes(to);
      await pass(4);
    }
    expect(told()).toEqual(['Alarm', 'Over', 'Alarm', 'Over']);
  });

  it('and stays is told again each cool-down, though CloudWatch says no more', async () => {
    const { changes, pass, told } = bench();
    await changes('ALARM');
    await pass(6);
    await changes('OK');
    await pass(4);
    await changes('ALARM');
    await pass(121);
    expect(told()).toEqual(['Alarm', 'Over', 'Alarm', 'Still', 'Still']);
  });

  it('over and over is told three times within a cool-down, and when it stays after all', async () => {
    const { changes, pass, told } = bench();
    for (let time = 0; time < 20; time += 1) {
      await changes(time % 2 === 0 ? 'ALARM' : 'OK');
      await pass(1);
    }
    expect(told()).toEqual(['Alarm', 'Over', 'Alarm', 'Over', 'Alarm', 'Over']);
    await changes('ALARM');
    await pass(41);
    expect(told().slice(6)).toEqual(['Alarm']);
  });

  it('graver than it was is told at once', async () => {
    const { changes, pass, alerts } = bench();
    for (let time = 0; time < 6; time += 1) {
      await changes(time % 2 === 0 ? 'ALARM' : 'OK');
      await pass(1);
    }
    await changes('ALARM', { description: alarmDescription({ text: TEXT, alert: 'CRITICAL' }) });
    expect(alerts().filter(({ severity }) => severity === 'CRITICAL')).toHaveLength(1);
  });
});

describe('the receiver of alarms', () => {
  it.each(['request', 'answer'] as const)(
    'cut off at any %s, is made up for when the event comes again',
    async (lost) => {
      for (const at of [1, 2]) {
        const { receive, told, conditions } = bench();
        let seen = 0;
        const dying = receive(changed(), (_request, answer) => {
          seen += 1;
          if (seen < at) return answer();
          if (lost === 'answer') answer();
          return new Error('killed');
        });
        await dying.catch(() => undefined);
        await receive(changed());
        expect([at, told(), conditions().map(({ state }) => state)]).toEqual([at, ['Alarm'], ['open']]);
      }
    },
  );

  it('and the monitor at once tell an alarm and its end once each', async () => {
    const { changes, runMonitor, pass, clock, told } = bench();
    await Promise.all([changes('ALARM'), runMonitor()]);
    await pass(59);
    clock.advance(MINUTE_MS);
    await Promise.all([changes('OK'), runMonitor(), changes('OK')]);
    expect(told().filter((word) => word !== 'Still')).toEqual(['Alarm', 'Over']);
  });

  it('throws at a change that is still to come, which would have all that follow it taken for old ones', async () => {
    const { receive, clock, conditions } = bench();
    const time = isoTime(clock.now() + 6 * MINUTE_MS);
    for (const to of ['ALARM', 'OK']) await expect(receive(changed({ to, time }))).rejects.toThrow('a time to come');
    expect(conditions()).toEqual([]);
  });

  it('throws at a condition that it cannot read, so that the event is kept', async () => {
    const { receive, alerts } = bench();
    const unreadable = { Responses: { logs: [{ pk: { S: 'CONDITION#alarm:payment-scans-failed' } }] } };
    await expect(
      receive(changed(), ({ operation }, answer) => (operation === 'BatchGetItem' ? { body: unreadable } : answer())),
    ).rejects.toThrow('cannot be read');
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
