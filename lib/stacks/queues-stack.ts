import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { QUEUES } from '#shared/queues/catalogue.ts';
import { MOVES_FOR_MS } from '#shared/queues/mover-protocol.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import type { StageContext } from '../stage-context.ts';

/** Names of all dead-letter queues of a stage. */
export const DEAD_LETTER_QUEUES = ['*-dlq', '*-dlq.fifo'];

/** A run, and half as much again for its begin and its end. */
const TIMEOUT = Duration.millis(MOVES_FOR_MS * 1.5);

const AGES_REASON =
  'Metrics have no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html.';

/** What looks at queues and has dead letters worked again. The operations API asks it, so that what the internet reaches can touch no queue. */
export class QueuesStack extends Stack {
  readonly mover: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    const queueArns = (names: readonly string[]) =>
      names.map((name) => this.formatArn({ service: 'sqs', resource: stage.resourceName(name) }));
    const worked = QUEUES.flatMap(({ kind, name }) => (kind === 'work' ? [name] : []));
    const called = QUEUES.flatMap((queue) =>
      queue.kind === 'dead_letters' && queue.redrive !== 'move' ? [queue.feeds] : [],
    );
    this.mover = new HavenFunction(this, 'Mover', {
      stage,
      name: 'queue-mover',
      description: 'Counts the messages of queues, and has dead letters worked again. No keys, no table.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'function' },
      permissions: [
        new iam.PolicyStatement({
          actions: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
          resources: queueArns(worked),
        }),
        new iam.PolicyStatement({
          actions: [
            'sqs:GetQueueAttributes',
            'sqs:GetQueueUrl',
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:ChangeMessageVisibility',
          ],
          resources: queueArns(DEAD_LETTER_QUEUES),
        }),
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: called.map((name) =>
            this.formatArn({ service: 'lambda', resource: `function:${stage.resourceName(name)}` }),
          ),
        }),
        new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] }),
      ],
      environment: { STAGE: stage.config.name },
      errorImpact: 'Operators cannot see queues, nor have dead letters worked again.',
    });
    const policy = this.mover.node.findChild('Policy');
    for (const name of DEAD_LETTER_QUEUES) {
      acknowledge(
        policy,
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:${stage.resourceName(name)}]`,
        'It has the letters of every dead-letter queue of the stage worked again, and takes from no queue that is worked.',
      );
    }
    acknowledge(policy, 'AwsSolutions-IAM5[Resource::*]', AGES_REASON);
  }

  /** The right to ask it. */
  allowAsk(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [this.mover.function.functionArn],
    });
  }
}
