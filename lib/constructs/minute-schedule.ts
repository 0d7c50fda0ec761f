import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import { createHeartbeatAlarm } from './counted-alarm.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import type { HavenFunction } from './haven-function.ts';
import type { Harm } from './stage-alarm.ts';

/** The next minute's run makes up for a lost one; an older event is worth nothing. */
export const MAX_RUN_AGE = Duration.minutes(1);

/** The shortest time in which it is looked whether a job ran: that of all other alarms. */
const HEARTBEAT_PERIOD = Duration.minutes(5);
/** Periods without a run that ended well, at which the alarm sounds: one may be a deployment, two an outage that ends by itself. */
const SILENT_PERIODS = 3;

/** What the queue of a schedule's missed runs must say about itself. */
export interface MissedRunsProps {
  readonly stage: StageContext;
  /** Names the queue, with `-dlq` behind it, and its alarm. */
  readonly of: string;
  /** The subject of its alarm: `The schedule that …`. */
  readonly subject: string;
  /** Whose dead-letter queue it is, in words. */
  readonly owner: string;
  /** What customers notice; the text of its alarm. */
  readonly errorImpact: string;
  /** What it means to people; absent: nobody notices yet. */
  readonly harm?: Harm;
}

/** Where runs of a schedule end up that could not be started, or failed. */
export function createMissedRuns(scope: Construct, props: MissedRunsProps): sqs.Queue {
  const { stage, of, subject, errorImpact, harm } = props;
  const missedRuns = createDeadLetterQueue(scope, 'ScheduleDeadLetters', {
    stage,
    of,
    fifo: false,
    subject,
    errorImpact,
    ...(harm === undefined ? {} : { harm }),
  });
  acknowledge(
    missedRuns,
    'AwsSolutions-SQS3',
    `It is the schedule's and ${props.owner}'s dead-letter queue; the rule only knows those of queues and functions.`,
  );
  return missedRuns;
}

/** What a schedule must say about itself. */
export interface MinuteScheduleProps {
  readonly stage: StageContext;
  /** The last part of its name. */
  readonly name: string;
  readonly description: string;
  /** What it calls. */
  readonly target: HavenFunction;
  /** What it calls, in words. */
  readonly targetInWords: string;
  /** How long between two calls, where a minute is more often than needed. */
  readonly every?: Duration;
  readonly missedRuns: sqs.Queue;
}

/**
 * Calls a function each minute unless said otherwise, by a role that can do nothing else; an alarm sounds when no run of it has ended well
 * for a while. The function counts its runs by `countedJob`.
 *
 * @param id of the schedule in the scope; its role is `ScheduleRole`
 */
export function scheduleEachMinute(scope: Construct, id: string, props: MinuteScheduleProps): void {
  const { stage, missedRuns } = props;
  const stack = Stack.of(scope);
  const group = stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' });
  const role = new iam.Role(scope, 'ScheduleRole', {
    // A group, because the scheduler doesn't know a schedule's own ARN when it assumes the role
    // (https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html).
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group } },
    }),
    description: `Lets the schedule of haven-${stage.config.name} wake ${props.targetInWords}`,
    inlinePolicies: {
      Kick: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            actions: ['lambda:InvokeFunction'],
            resources: [props.target.function.functionArn],
          }),
          new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [missedRuns.queueArn] }),
        ],
      }),
    },
  });
  new scheduler.Schedule(scope, id, {
    scheduleName: stage.resourceName(props.name),
    description: props.description,
    schedule: scheduler.ScheduleExpression.rate(props.every ?? Duration.minutes(1)),
    timeWindow: scheduler.TimeWindow.off(),
    target: new targets.LambdaInvoke(props.target.function, {
      // Without CDK's own grants, which cover every version of the function.
      role: role.withoutPolicyUpdates(),
      deadLetterQueue: missedRuns,
      maxEventAge: MAX_RUN_AGE,
      retryAttempts: 2,
    }),
  });
  const period = Duration.minutes(
    Math.max(HEARTBEAT_PERIOD.toMinutes(), (props.every ?? Duration.minutes(1)).toMinutes()),
  );
  stage.book.jobs.push(props.target.name);
  createHeartbeatAlarm(scope, `${id}Silent`, {
    stage,
    name: `${props.name}-silent`,
    description: `No run of the schedule ${props.name} has ended well for ${inWords(period.toMinutes() * SILENT_PERIODS)}. ${props.target.errorImpact}`,
    metric: 'JobRan',
    countedBy: props.target.name,
    harm: props.target.harm,
    period,
    periods: SILENT_PERIODS,
  });
}

function inWords(minutes: number): string {
  return minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
}
