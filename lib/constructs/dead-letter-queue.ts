import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import { atLeast, createStageAlarm, type Harm } from './stage-alarm.ts';

/** What a dead-letter queue must say about itself. */
export interface DeadLetterQueueProps {
  readonly stage: StageContext;
  /** What its messages were meant for; names the queue and its alarm. */
  readonly of: string;
  /** As the queue it belongs to: SQS moves messages only between queues of one kind. */
  readonly fifo: boolean;
  /** The subject of its alarm, such as `The queue lane-kicks`. */
  readonly subject: string;
  /** What customers notice when messages end up there; the text of its alarm. */
  readonly errorImpact: string;
  /** What dead letters in it mean to people; absent: nobody notices yet. */
  readonly harm?: Harm;
}

/** SQS's longest: operators must find a message before it is gone. */
const RETENTION = Duration.days(14);

/**
 * A dead-letter queue with its alarm, which sounds at the first message.
 *
 * @param id of the queue in the scope; the alarm is `<id>Alarm` without a plural s
 */
export function createDeadLetterQueue(scope: Construct, id: string, props: DeadLetterQueueProps): sqs.Queue {
  const { stage, fifo } = props;
  const queue = new sqs.Queue(scope, id, {
    queueName: `${stage.resourceName(props.of)}-dlq${fifo ? '.fifo' : ''}`,
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: RETENTION,
    ...(fifo ? { fifo: true } : {}),
  });
  stage.book.deadLetterQueues.push(queue);
  createStageAlarm(scope, `${id.replace(/s$/, '')}Alarm`, {
    stage,
    name: `${props.of}-dead-letters`,
    description: `${props.subject} has dead letters. ${props.errorImpact}`,
    // The monitor tells of dead letters by an alert that also says when they are gone.
    harm: props.harm ?? 'told',
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
    ...atLeast(1),
  });
  acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is a dead-letter queue: nothing comes after it but an alarm.');
  return queue;
}
