import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { alertSettings } from '../alert-settings.ts';
import { breakerSettings } from '../breaker-settings.ts';
import { allowMail } from '../constructs/allow-mail.ts';
import { createCountAlarm, createOverallAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { wakeByStream } from '../constructs/wake-by-stream.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that telling alerts builds on. */
export interface AlertsStackProps extends StackProps {
  readonly data: DataStack;
  readonly secrets: SecretsStack;
}

/** Several calls of ten seconds, one after the other, as far as a channel that doesn't answer is left alone. */
const TIMEOUT = Duration.seconds(60);
/** Within five minutes: the schedule tries each minute, so one alert that fails every time. */
const FAILED_RUNS = 3;
/** Within five minutes: one alert that fails is tried as often in that time; a call that fails once is no matter for people. */
const FAILED_CALLS = 3;
/** Deliveries of alerts that were recorded at the same time, so that one call that hangs holds up no other alert. */
const SHARDS_AT_ONCE = 10;

/** What tells alerts to people: by mail, and by webhooks. It has no key and no ledger. */
export class AlertsStack extends Stack {
  readonly notifier: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: AlertsStackProps) {
    super(scope, id, props);
    const { data, secrets } = props;
    const { email, cool_down_minutes } = stage.config.alerts;
    const impact = 'Operators do not hear of alerts, or hear late.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'alerts-schedule',
      subject: 'The schedule that tells alerts',
      owner: 'the alert notifier',
      errorImpact: impact,
      harm: 'telling',
    });
    this.notifier = new HavenFunction(this, 'AlertNotifier', {
      stage,
      name: 'alert-notifier',
      description: 'Tells recorded alerts by mail and webhooks, and tries again what failed. No keys, no ledger.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        // Put: a channel in trouble is an alert for the others.
        data.logs.allowRows(['ALERT#*'], 'PutItem', 'Query', 'UpdateItem'),
        data.logs.allowRows(['ALERT_STATS#*'], 'UpdateItem'),
        data.logs.allowRows(['ALERT_COOL_DOWN#*'], 'GetItem', 'UpdateItem'),
        data.logs.allowIndexQuery('gsi2'),
        data.logs.allowStream(),
        data.ephemeral.allowRows(['BREAKER#*'], 'GetItem', 'PutItem'),
        data.notify.allowRows(['ALERT_CHANNELS'], 'Query'),
        allowRead(secrets.alertWebhooks, secrets.notify),
        ...(email === undefined
          ? []
          : [allowMail(this, email, [...email.to, ...email.recipient_domains.map((domain) => `*@${domain}`)])]),
      ],
      environment: {
        STAGE: stage.config.name,
        LOGS_TABLE: data.logs.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        ALERT_WEBHOOKS_SECRET_ARN: secrets.alertWebhooks.secretArn,
        NOTIFY_TABLE: data.notify.tableName,
        NOTIFY_SECRET_ARN: secrets.notify.secretArn,
        ...alertSettings(stage.config),
        ALERT_COOL_DOWN_MINUTES: String(cool_down_minutes),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
      harm: 'telling',
    });
    wakeByStream('AlertRecorded', {
      target: this.notifier,
      table: data.logs,
      sortKey: 'ALERT',
      atOnce: SHARDS_AT_ONCE,
      workStays: 'an alert stays in the index of what is undelivered until it is told',
    });
    scheduleEachMinute(this, 'TellAlerts', {
      stage,
      name: 'tell-alerts',
      description: 'Tells every alert about which something is due',
      target: this.notifier,
      targetInWords: 'the alert notifier',
      missedRuns,
    });
    const alarm = (
      alarmId: string,
      facts: Pick<Parameters<typeof createCountAlarm>[2], 'name' | 'description' | 'metric' | 'threshold'>,
    ) => createCountAlarm(this, alarmId, { stage, countedBy: 'alert-notifier', harm: 'telling', ...facts });
    alarm('GivenUp', {
      name: 'alerts-given-up',
      description:
        'An alert could not be delivered to one of its channels and is not tried again. Somebody did not hear of it.',
      metric: 'AlertGivenUp',
      threshold: 1,
    });
    alarm('WithoutChannel', {
      name: 'alerts-without-channel',
      description: 'An alert was told to nobody, because no channel wants to hear of it. Operators do not know of it.',
      metric: 'AlertWithoutChannel',
      threshold: 1,
    });
    alarm('NotDelivered', {
      name: 'alerts-not-delivered',
      description:
        'Alerts keep failing to reach one of their channels. They are tried for a day, and told late or not at all.',
      metric: 'AlertNotDelivered',
      threshold: FAILED_CALLS,
    });
    alarm('ChannelsUnusable', {
      name: 'alert-channels-unusable',
      description:
        'The secret of the alert webhooks, or a channel that was made by API, is not valid. Who listens there hears of no alert.',
      metric: 'AlertChannelsUnusable',
      threshold: 1,
    });
    alarm('CircuitOpened', {
      name: 'alert-circuit-opened',
      description:
        'A channel of alerts kept failing and is left alone for a while. Who listens there hears of alerts late.',
      metric: 'CircuitOpened',
      threshold: 1,
    });
    alarm('NotWorked', {
      name: 'alerts-not-worked',
      description: `An alert cannot be worked. ${impact}`,
      metric: 'AlertNotWorked',
      threshold: FAILED_RUNS,
    });
    createOverallAlarm(this, 'CriticalAlerts', {
      stage,
      name: 'critical-alert',
      description: 'An alert of severity CRITICAL was recorded. If nobody told you of it, no channel works.',
      metric: 'CriticalAlert',
      harm: 'told',
      threshold: 1,
    });
  }
}
