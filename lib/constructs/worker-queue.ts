import { Duration, Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { atLeast, createStageAlarm, type Harm } from './stage-alarm.ts';

/** What a queue must say about itself. */
export interface WorkerQueueProps {
  readonly stage: StageContext;
  readonly name: string;
  readonly fifo: boolean;
  /** The time-out of the function that consumes it; the queue's visibility time-out follows from it. */
  readonly consumerTimeout: Duration;
  /**
   * Its consumer renews a hold on the messages that it works on (shared/platform/aws/message-hold.ts) and does nothing
   * twice when it gets one twice. The queue's own time-out then only hides the messages of one that died before its first
   * renewal, and need be no longer than Lambda insists on: once the function's.
   */
  readonly consumerHolds: boolean;
  /** Deliveries after which a message goes to the dead-letter queue. Throttles count too, so never 1 or 2. */
  readonly maxReceiveCount: number;
  /** The oldest message may be this old before an alarm sounds. */
  readonly maxAge: Duration;
  /** What customers notice when messages aren't worked; the text of its alarms. */
  readonly errorImpact: string;
  /** What it means to people when they aren't; absent: nobody notices yet. */
  readonly harm?: Harm;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: at least six times the function's. */
const VISIBILITY_FACTOR = 6;

/** A queue that can't exist without a dead-letter queue, alarms on both, encryption and TLS. */
export class WorkerQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: WorkerQueueProps) {
    super(scope, id);
    const { stage, fifo } = props;
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters', {
      stage,
      of: props.name,
      fifo,
      subject: `The queue ${props.name}`,
      errorImpact: props.errorImpact,
      ...(props.harm === undefined ? {} : { harm: props.harm }),
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: `${stage.resourceName(props.name)}${fifo ? '.fifo' : ''}`,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(
        props.consumerTimeout.toSeconds() * (props.consumerHolds ? 1 : VISIBILITY_FACTOR),
      ),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
      // A group id is a lane: high throughput by group, each with its own order.
      ...(fifo
        ? {
            fifo: true,
            deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
            fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
          }
        : {}),
    });
    stage.book.queues.push(this.queue);
    createStageAlarm(this, 'AgeAlarm', {
      stage,
      name: `${props.name}-age`,
      description: `The queue ${props.name} is not worked fast enough. ${props.errorImpact}`,
      harm: props.harm ?? 'none',
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'Maximum' }),
      ...atLeast(props.maxAge.toSeconds()),
    });
  }

  /** The right to send to it. */
  allowSend(): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] });
  }

  /** What an event source, and a consumer that holds its messages, need. */
  allowConsume(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      resources: [this.queue.queueArn],
    });
  }

  /**
   * Makes a function its consumer: messages that fail go back one by one.
   *
   * @param maxConcurrency invocations that may run at once
   */
  consumeWith(fn: lambda.Function, maxConcurrency: number): void {
    const mapping = fn.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(this.queue.node)}`, {
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
    acknowledge(
      mapping,
      'Serverless-LambdaEventSourceMappingDestination',
      "Lambda has no on-failure destination for SQS sources; what can't be worked goes to the queue's own dead-letter queue, which alarms.",
    );
  }
}
