import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { noticesTo } from '#shared/orders/order-keys.ts';
import { TRANSACTION_NOTICES, WAITING_TRANSACTION_NOTICES } from '#shared/transactions/event-notice.ts';
import { ALL_ENDPOINTS } from '#shared/webhooks/keys.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { wakeByStream } from '../constructs/wake-by-stream.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';
import type { WebhooksStack } from './webhooks-stack.ts';

/** The stacks that making events of what happened builds on. */
export interface WebhookEventsStackProps extends StackProps {
  readonly data: DataStack;
  readonly webhooks: WebhooksStack;
}

const TIMEOUT = Duration.seconds(30);
/** Batches of notices that were written at the same time. */
const SHARDS_AT_ONCE = 4;
const WORK_STAYS = 'a notice stays in the index of what waits until an event is made of it';
/** Within five minutes: the schedule tries a notice each minute, so one that fails every time. */
const FAILED_NOTICES = 3;

/** What makes events of notices to merchants, and plans their deliveries: it reads orders and notices, and calls nobody outside. */
export class WebhookEventsStack extends Stack {
  readonly dispatcher: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: WebhookEventsStackProps) {
    super(scope, id, props);
    const { data } = props;
    const { wakes } = props.webhooks;
    const impact = 'Integrators hear late of what happened.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'webhook-events-schedule',
      subject: 'The schedule that plans webhooks',
      owner: 'the webhook dispatcher',
      errorImpact: impact,
    });
    this.dispatcher = new HavenFunction(this, 'WebhookDispatcher', {
      stage,
      name: 'webhook-dispatcher',
      description: 'Makes events of what merchants are to be told, and plans their deliveries. No keys, no secrets.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.shop.allowRows([`${noticesTo('merchant')}*`], 'GetItem', 'DeleteItem'),
        data.shop.allowRows(['ORDER#*'], 'Query'),
        data.shop.allowIndexRows('gsi3', ['WAITING_NOTICES#merchant#*']),
        data.shop.allowStream(),
        data.ledger.allowRows([`${TRANSACTION_NOTICES}*`], 'GetItem', 'DeleteItem'),
        data.ledger.allowIndexRows('gsi1', [`${WAITING_TRANSACTION_NOTICES}*`]),
        data.ledger.allowStream(),
        data.notify.allowRows(['WEBHOOK_ENDPOINT#*', 'WEBHOOK_STANDING#*', 'WEBHOOK_DELIVERY#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item.
        data.notify.allowRows(['WEBHOOK_STANDING#*', 'WEBHOOK_EVENT#*', 'WEBHOOK_DELIVERY#*'], 'GetItem', 'PutItem'),
        data.notify.allowRows([ALL_ENDPOINTS], 'Query'),
        wakes.allowSend(),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        SHOP_TABLE: data.shop.tableName,
        NOTIFY_TABLE: data.notify.tableName,
        WEBHOOK_QUEUE_URL: wakes.queue.queueUrl,
      },
      errorImpact: impact,
    });
    wakeByStream('NoticeWritten', {
      target: this.dispatcher,
      table: data.shop,
      sortKey: 'NOTICE',
      partitions: noticesTo('merchant'),
      atOnce: SHARDS_AT_ONCE,
      workStays: WORK_STAYS,
    });
    wakeByStream('TransactionNoticeWritten', {
      target: this.dispatcher,
      table: data.ledger,
      sortKey: 'NOTICE',
      partitions: TRANSACTION_NOTICES,
      atOnce: SHARDS_AT_ONCE,
      workStays: WORK_STAYS,
    });
    scheduleEachMinute(this, 'PlanWebhooks', {
      stage,
      name: 'plan-webhooks',
      description: 'Makes events of everything that merchants are to be told',
      target: this.dispatcher,
      targetInWords: 'the webhook dispatcher',
      missedRuns,
    });
    createCountAlarm(this, 'NotPlanned', {
      stage,
      name: 'webhook-events-not-planned',
      description: `An event cannot be planned for delivery. ${impact}`,
      metric: 'WebhookEventNotPlanned',
      countedBy: 'webhook-dispatcher',
      threshold: FAILED_NOTICES,
    });
  }
}
