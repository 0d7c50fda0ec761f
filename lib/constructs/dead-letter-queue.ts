import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';

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
  const alarm = new cloudwatch.Alarm(scope, `${id.replace(/s$/, '')}Alarm`, {
    alarmName: stage.resourceName(`${props.of}-dead-letters`),
    alarmDescription: `${props.subject} has dead letters. ${props.errorImpact} Runbook: docs/operations.md#alarms.`,
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new actions.SnsAction(stage.alarmTopic));
  acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is a dead-letter queue: nothing comes after it but an alarm.');
  return queue;
}
