import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { createDeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that receiving changes of alarms builds on. */
export interface AlarmEventsStackProps extends StackProps {
  readonly data: DataStack;
}

const TIMEOUT = Duration.seconds(20);
/**
 * The most of Lambda and EventBridge. For so long they keep events that they could not call the receiver with; what it throws at is tried twice more
 * within minutes. The topic has told of the alarm meanwhile.
 */
const KEPT_FOR = Duration.hours(6);

/** What turns changes of the stage's alarms into alerts, so that whoever has an alert channel hears of them. The topic tells them besides. */
export class AlarmEventsStack extends Stack {
  readonly receiver: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, { data, ...props }: AlarmEventsStackProps) {
    super(scope, id, props);
    const impact = 'Alarms are told by the topic alone.';
    const lostEvents = createDeadLetterQueue(this, 'LostEvents', {
      stage,
      of: 'alarm-events',
      fifo: false,
      subject: 'The receiver of alarms',
      errorImpact: impact,
      harm: 'telling',
    });
    acknowledge(
      lostEvents,
      'AwsSolutions-SQS3',
      "It is the rule's and the alarm receiver's dead-letter queue; the rule only knows those of queues and functions.",
    );
    this.receiver = new HavenFunction(this, 'AlarmReceiver', {
      stage,
      name: 'alarm-receiver',
      description: 'Opens and ends the condition of each alarm, with its alert. Can read and change nothing else.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'events', lostEvents, maxEventAge: KEPT_FOR },
      permissions: [
        data.logs.allowRows(['CONDITION#alarm:*'], 'BatchGetItem', 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
      ],
      environment: {
        STAGE: stage.config.name,
        LOGS_TABLE: data.logs.tableName,
        CONDITION_COOL_DOWN_MINUTES: String(stage.config.monitors.cool_down_minutes),
      },
      errorImpact: impact,
      harm: 'telling',
    });
    new events.Rule(this, 'AlarmChanged', {
      ruleName: stage.resourceName('alarm-changed'),
      description: `Alarms of haven-${stage.config.name} that begin or end`,
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: stage.resourceName('') }], state: { value: ['ALARM', 'OK'] } },
      },
      targets: [
        new targets.LambdaFunction(this.receiver.function, { deadLetterQueue: lostEvents, maxEventAge: KEPT_FOR }),
      ],
    });
  }
}
