import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { KEPT_FIELD } from '#shared/platform/log/kept-lines.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { createDeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that keeping incidents builds on. */
export interface IncidentsStackProps extends StackProps {
  readonly data: DataStack;
}

/** A batch of a thousand subjects, eight writes at once. */
const TIMEOUT = Duration.seconds(30);
/**
 * Lambda's most. For so long it keeps batches that it could not call the keeper with: throttled, or by a fault of its own. A call that threw is tried
 * twice more within minutes, then the dead-letter queue has it (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
 */
const KEPT_FOR = Duration.hours(6);
/**
 * Lines that are handed on: those with a mark, the last line of a call that Lambda ended or that died, which wrote none itself, and those of starts that
 * failed (of others Lambda writes none at level INFO). Any of these words; who reads the lines looks closer. (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html: `?` means any of the terms.)
 */
const KEPT_LINES = `?${KEPT_FIELD} ?timeout ?"Runtime." ?initRuntimeDone`;

/**
 * What keeps errors and security events, and tells of patterns. It reads them from the logs that the functions write anyway: so no request waits for it or
 * fails with it, no function needs a right for it, and a call that was killed is kept as well.
 */
export class IncidentsStack extends Stack {
  readonly keeper: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, { data, ...props }: IncidentsStackProps) {
    super(scope, id, props);
    const impact = 'Errors and security events are in the logs only, and patterns of them are not told.';
    const lostEvents = createDeadLetterQueue(this, 'LostEvents', {
      stage,
      of: 'incident-lines',
      fifo: false,
      subject: 'The keeper of errors and security events',
      errorImpact: impact,
      harm: 'telling',
    });
    acknowledge(
      lostEvents,
      'AwsSolutions-SQS3',
      "It is the incident keeper's dead-letter queue; the rule only knows those of queues and functions.",
    );
    this.keeper = new HavenFunction(this, 'IncidentKeeper', {
      stage,
      name: 'incident-keeper',
      description: 'Keeps errors and security events that logs tell of, and alerts on patterns. Reads nothing else.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'events', lostEvents, maxEventAge: KEPT_FOR },
      permissions: [
        data.logs.allowRows(['INCIDENT#*'], 'UpdateItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        data.ephemeral.allowRows(['PATTERN#*'], 'UpdateItem'),
      ],
      environment: { EPHEMERAL_TABLE: data.ephemeral.tableName, LOGS_TABLE: data.logs.tableName },
      errorImpact: impact,
      harm: 'telling',
    });
    this.keeper.function.addPermission('Logs', {
      principal: new iam.ServicePrincipal('logs.amazonaws.com'),
      sourceArn: this.formatArn({
        service: 'logs',
        resource: `log-group:/haven/${stage.config.name}/*`,
      }),
      sourceAccount: this.account,
    });
  }

  /**
   * Subscribes to the logs of all functions that the app has so far, but its own: a failure to keep would be kept, and fail again. Call it when all are there.
   * Log groups are named, not referred to: their stacks are deployed first, and may be removed one day.
   */
  followAll(): void {
    const all = this.node.root.node.findAll().filter((construct) => construct instanceof HavenFunction);
    for (const one of all) {
      if (one === this.keeper) continue;
      const stack = Stack.of(one);
      if (stack !== this) this.addStackDependency(stack);
      const subscription = new logs.CfnSubscriptionFilter(this, `Lines-${one.name}`, {
        logGroupName: one.logGroupName,
        filterName: 'incidents',
        filterPattern: KEPT_LINES,
        destinationArn: this.keeper.function.functionArn,
      });
      // CloudWatch Logs tries whether it may call the function when a subscription is made.
      subscription.node.addDependency(this.keeper.function);
    }
  }
}
