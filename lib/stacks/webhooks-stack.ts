import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { breakerSettings } from '../breaker-settings.ts';
import { createCountAlarm, createOverallAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { WorkerQueue } from '../constructs/worker-queue.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that webhooks build on. */
export interface WebhooksStackProps extends StackProps {
  readonly data: DataStack;
  readonly secrets: SecretsStack;
}

/** Several calls of ten seconds to one endpoint, one after the other, as far as it answers. */
const SENDER_TIMEOUT = Duration.seconds(60);
/** A wake carries no work, so giving one up early loses nothing. */
const WAKE_RECEIVES = 5;
/** Wakes that wait so long are felt: what they name is done by the schedule a minute later at most. */
const MAX_WAKE_AGE = Duration.minutes(5);
/** Senders at once: each endpoint that hangs holds one up for ten seconds a minute. */
const SENDERS_AT_ONCE = 20;
/** Within five minutes: the schedule tries an endpoint each minute, so one that fails every time. */
const FAILED_RUNS = 3;
/** Within five minutes: one that is lost delays a webhook by a minute. */
const LOST_WAKES = 5;

/** What delivers webhooks to integrators. It has no key, no ledger and nothing of orders. */
export class WebhooksStack extends Stack {
  readonly wakes: WorkerQueue;
  readonly sender: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: WebhooksStackProps) {
    super(scope, id, props);
    const { data, secrets } = props;
    const impact = 'Integrators hear late of what happened.';
    this.wakes = new WorkerQueue(this, 'Wakes', {
      stage,
      name: 'webhook-wakes',
      fifo: false,
      consumerTimeout: SENDER_TIMEOUT,
      consumerHolds: false,
      maxReceiveCount: WAKE_RECEIVES,
      maxAge: MAX_WAKE_AGE,
      errorImpact: impact,
    });
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'webhook-sends-schedule',
      subject: 'The schedule that delivers webhooks',
      owner: 'the webhook sender',
      errorImpact: impact,
    });
    this.sender = new HavenFunction(this, 'WebhookSender', {
      stage,
      name: 'webhook-sender',
      description:
        'Delivers webhooks to integrators, and tries again what failed. No keys, no ledger, nothing of orders.',
      memoryMb: 512,
      timeout: SENDER_TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.notify.allowRows(['WEBHOOK_ENDPOINT#*', 'WEBHOOK_STANDING#*', 'WEBHOOK_DELIVERY#*'], 'GetItem', 'PutItem'),
        data.notify.allowRows(['WEBHOOK_DELIVERY#*'], 'BatchGetItem'),
        data.notify.allowRows(['WEBHOOK_EVENT#*'], 'GetItem'),
        data.notify.allowIndexQuery('gsi1'),
        data.notify.allowIndexQuery('gsi2'),
        data.notify.allowIndexQuery('gsi3'),
        data.audit.allowRows(['whe_*'], 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        data.ephemeral.allowRows(['BREAKER#*'], 'GetItem', 'PutItem'),
        allowRead(secrets.notify),
        this.wakes.allowConsume(),
        this.wakes.allowSend(),
      ],
      environment: {
        NOTIFY_TABLE: data.notify.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        NOTIFY_SECRET_ARN: secrets.notify.secretArn,
        WEBHOOK_QUEUE_URL: this.wakes.queue.queueUrl,
        WEBHOOK_EXEMPT_HOSTS: JSON.stringify(stage.config.webhook_exempt_hosts),
        WEBHOOK_RETRY_SECONDS: JSON.stringify(stage.config.webhooks.retry_seconds),
        WEBHOOK_DISABLE_AFTER_HOURS: String(stage.config.webhooks.disable_after_hours),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
    });
    this.wakes.consumeWith(this.sender.function, SENDERS_AT_ONCE);
    scheduleEachMinute(this, 'SendWebhooks', {
      stage,
      name: 'send-webhooks',
      description: 'Delivers every webhook that is due',
      target: this.sender,
      targetInWords: 'the webhook sender',
      missedRuns,
    });
    createCountAlarm(this, 'NotWorked', {
      stage,
      name: 'webhook-endpoints-not-worked',
      description: `Webhooks to an endpoint cannot be worked. ${impact}`,
      metric: 'WebhookEndpointNotWorked',
      countedBy: 'webhook-sender',
      threshold: FAILED_RUNS,
    });
    createCountAlarm(this, 'Disabled', {
      stage,
      name: 'webhook-endpoint-disabled',
      description:
        'A webhook endpoint wants no more, or took nothing for days, and is disabled. Its integrator hears of nothing.',
      metric: 'WebhookEndpointDisabled',
      countedBy: 'webhook-sender',
      threshold: 1,
    });
    createCountAlarm(this, 'GivenUp', {
      stage,
      name: 'webhooks-given-up',
      description: 'A webhook was taken at no attempt and is not tried any more. Its integrator does not hear of it.',
      metric: 'WebhookGivenUp',
      countedBy: 'webhook-sender',
      harm: 'told',
      threshold: 1,
    });
    createOverallAlarm(this, 'WakesNotSent', {
      stage,
      name: 'webhook-wakes-not-sent',
      description: `Wakes of the webhook sender cannot be sent. ${impact}`,
      metric: 'WebhookWakeNotSent',
      threshold: LOST_WAKES,
    });
  }
}
