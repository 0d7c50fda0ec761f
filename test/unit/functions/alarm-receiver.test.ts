import { describe, expect, it } from 'vitest';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { ALARM_TEXT, changed, createAlarmBench } from '#test/support/fakes/alarm-bench.ts';

const MINUTE_MS = 60_000;

describe('an alarm that begins', () => {
  it('is an alert as grave as the alarm says, which tells what is wrong and why', async () => {
    const { receive, alerts, metrics } = createAlarmBench();
    await receive(changed());
    expect(alerts()).toEqual([
      {
        id: expect.stringMatching(/^alr_01[0-9A-HJKMNP-TV-Z]{24}$/),
        severity: 'ERROR',
        category: 'alarm',
        summary: `Alarm: payment-scans-failed. ${ALARM_TEXT}`,
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
    const { receive, alerts, log, metrics } = createAlarmBench();
    for (let time = 0; time < 3; time += 1) await receive(changed());
    expect(alerts()).toHaveLength(1);
    expect(log.of('ALARM_KNOWN')).toHaveLength(2);
    await receive(changed({ id: 'd5c1c1c9-6542-e61b-6ef0-8c4d36933a92' }));
    expect(alerts()).toHaveLength(1);
    expect(metrics.counts()).toEqual({ AlertRecorded: 1 });
  });

  it('raises none where the alarm is about telling alerts: it would go the way that is broken', async () => {
    const { receive, alerts, log } = createAlarmBench();
    await receive(changed({ configuration: { description: alarmDescription({ text: ALARM_TEXT, alert: 'none' }) } }));
    expect(alerts()).toEqual([]);
    expect(log.of('ALARM_NOT_TOLD')).toHaveLength(1);
  });

  it.each([
    ['an error where it does not say how grave it is', { description: 'Made by hand' }, 'ERROR'],
    ['an error where it says nothing', {}, 'ERROR'],
    ['critical where it is on other alarms', { alarmRule: 'ALARM("haven-local-api-5xx")' }, 'CRITICAL'],
  ])('is %s', async (_what, configuration, severity) => {
    const { receive, alerts } = createAlarmBench();
    await receive(changed({ configuration }));
    expect(alerts()).toMatchObject([{ severity }]);
  });
});

describe('an alarm that ends', () => {
  it('is told as no gravity to who heard that it began', async () => {
    const { changes, pass, alerts } = createAlarmBench();
    await changes('ALARM');
    await pass(6);
    await changes('OK');
    expect(alerts().at(-1)).toMatchObject({
      severity: 'INFO',
      routed_as: 'ERROR',
      summary: `Over: payment-scans-failed. ${ALARM_TEXT}`,
      details: { open_minutes: 6 },
    });
  });

  it('is none where it never sounded', async () => {
    const { changes, alerts } = createAlarmBench();
    await changes('OK');
    expect(alerts()).toEqual([]);
  });

  it('is over for good, though the event that it began comes after that of its end', async () => {
    const { receive, pass, clock, alerts, conditions, changes, told } = createAlarmBench();
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
    const { receive, clock, told } = createAlarmBench();
    const time = isoTime(clock.now());
    for (const to of [first, second, first]) await receive(changed({ id: `to ${to}`, to, time }));
    expect(told()).toEqual(['Alarm']);
  });

  it('is over when it is well again, not when data are missing', async () => {
    const { changes, pass, told } = createAlarmBench();
    await changes('ALARM');
    await pass(1);
    await changes('INSUFFICIENT_DATA');
    await pass(1);
    expect(told()).toEqual(['Alarm']);
    await changes('OK');
    expect(told()).toEqual(['Alarm', 'Over']);
  });

  it('does not end what began after it, when its event comes late', async () => {
    const { receive, changes, pass, clock, told, log } = createAlarmBench();
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
    const { changes, pass, told } = createAlarmBench();
    for (const to of ['ALARM', 'OK', 'ALARM', 'OK']) {
      await changes(to);
      await pass(4);
    }
    expect(told()).toEqual(['Alarm', 'Over', 'Alarm', 'Over']);
  });

  it('and stays is told again each cool-down, though CloudWatch says no more', async () => {
    const { changes, pass, told } = createAlarmBench();
    await changes('ALARM');
    await pass(6);
    await changes('OK');
    await pass(4);
    await changes('ALARM');
    await pass(121);
    expect(told()).toEqual(['Alarm', 'Over', 'Alarm', 'Still', 'Still']);
  });

  it('over and over is told three times within a cool-down, and when it stays after all', async () => {
    const { changes, pass, told } = createAlarmBench();
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
    const { changes, pass, alerts } = createAlarmBench();
    for (let time = 0; time < 6; time += 1) {
      await changes(time % 2 === 0 ? 'ALARM' : 'OK');
      await pass(1);
    }
    await changes('ALARM', { description: alarmDescription({ text: ALARM_TEXT, alert: 'CRITICAL' }) });
    expect(alerts().filter(({ severity }) => severity === 'CRITICAL')).toHaveLength(1);
  });
});

describe('the receiver of alarms', () => {
  it.each(['request', 'answer'] as const)(
    'cut off at any %s, is made up for when the event comes again',
    async (lost) => {
      for (const at of [1, 2]) {
        const { receive, told, conditions } = createAlarmBench();
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
    const { changes, runMonitor, pass, clock, told } = createAlarmBench();
    await Promise.all([changes('ALARM'), runMonitor()]);
    await pass(59);
    clock.advance(MINUTE_MS);
    await Promise.all([changes('OK'), runMonitor(), changes('OK')]);
    expect(told().filter((word) => word !== 'Still')).toEqual(['Alarm', 'Over']);
  });

  it('throws at a change that is still to come, which would have all that follow it taken for old ones', async () => {
    const { receive, clock, conditions } = createAlarmBench();
    const time = isoTime(clock.now() + 6 * MINUTE_MS);
    for (const to of ['ALARM', 'OK']) await expect(receive(changed({ to, time }))).rejects.toThrow('a time to come');
    expect(conditions()).toEqual([]);
  });

  it('throws at a condition that it cannot read, so that the event is kept', async () => {
    const { receive, alerts } = createAlarmBench();
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
  const { receive, alerts } = createAlarmBench();
  await expect(receive(event)).rejects.toThrow();
  expect(alerts()).toEqual([]);
});
