import { createHandler } from '#functions/alarm-receiver/handler.ts';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { alertSchema } from '#shared/alerts/alert.ts';
import { alarmsCheck } from '#shared/monitors/checks/alarms.ts';
import { createConditionStore } from '#shared/monitors/condition-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { lambdaContext } from './api-request.ts';
import { COOL_DOWN_MS, createMonitorBench } from './monitor-bench.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** What the alarm of the bench is about. */
export const ALARM_TEXT = 'A chain cannot be read for payments. Payments are not seen, and orders keep their pieces.';

const BEGIN_MS = Date.parse('2026-11-22T17:04:40.989Z');
const MINUTE_MS = 60_000;

/** The documented sample of a single-metric alarm that changes, with names of Haven's. */
export function changed(
  change: {
    readonly id?: string;
    readonly to?: string;
    readonly from?: string;
    readonly configuration?: object;
    readonly time?: string;
  } = {},
) {
  const { id = 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92', to = 'ALARM', from = 'OK' } = change;
  const description = alarmDescription({ text: ALARM_TEXT, alert: 'ERROR' });
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

/** The receiver of alarms and the monitor, on one table in memory, at the moment in which the sample changes. */
export function createAlarmBench() {
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
