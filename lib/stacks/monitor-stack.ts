import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { breakerSettings } from '../breaker-settings.ts';
import { chainSettings } from '../chain-settings.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { createCountAlarm, createLevelAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import { type AnchorsStack, DIGEST_FOLDERS } from './anchors-stack.ts';
import type { DataStack } from './data-stack.ts';
import { DEAD_LETTER_QUEUES } from './queues-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that watching builds on. */
export interface MonitorStackProps extends StackProps {
  readonly data: DataStack;
  readonly anchors: AnchorsStack;
  readonly secrets: SecretsStack;
}

/** Below a minute, so that runs don't overlap as a rule; they may. */
const TIMEOUT = Duration.seconds(50);
/** Within five minutes, as many as minutes: a chain whose endpoints are down fails one look each minute, and is told as a condition. */
const NOT_STORED = 3;

/** What watches, and tells what is wrong. It has no key, and changes nothing of what it watches. The last stack, because it watches the queues of all. */
export class MonitorStack extends Stack {
  readonly monitor: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: MonitorStackProps) {
    super(scope, id, props);
    const { data, anchors, secrets } = props;
    const thresholds = stage.config.monitors;
    const impact = 'What goes wrong is not told, and what is told is not resolved.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'monitoring-schedule',
      subject: 'The schedule that watches',
      owner: 'the monitor',
      errorImpact: impact,
    });
    const queues = deadLetterQueues(this);
    this.monitor = new HavenFunction(this, 'Monitor', {
      stage,
      name: 'monitor',
      description: 'Looks each minute whether all is as it should be, and tells what is not. Changes nothing; no keys.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.ledger.allowRows(['BALANCE#*', 'LANE#*', 'SWEEP#*', 'TX#*'], 'BatchGetItem'),
        data.ledger.allowRows(['DEPOSIT_POOL#STATE'], 'GetItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allowIndexQuery('gsi3'),
        data.shop.allowRows(['DEPOSIT_SWEEP#*'], 'BatchGetItem'),
        data.shop.allowRows(['SCAN#*', 'STOCK_REPORT'], 'GetItem'),
        data.shop.allowIndexQuery('gsi3'),
        // Circuits before RPC endpoints, and what gas cost lately.
        data.ephemeral.allowRows(['BREAKER#*', 'GAS_BASELINE#*'], 'GetItem', 'PutItem'),
        data.ephemeral.allowRows(['BREAKER#*'], 'BatchGetItem'),
        data.ephemeral.allowIndexQuery('gsi1'),
        data.logs.allowRows(['CONDITION#*', 'MONITOR#RUNS'], 'BatchGetItem', 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        data.logs.allowIndexQuery('gsi1'),
        ...anchors.digestReaderPermissions(),
        allowRead(secrets.rpc),
        new iam.PolicyStatement({
          actions: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
          resources: DEAD_LETTER_QUEUES.map((name) =>
            this.formatArn({ service: 'sqs', resource: stage.resourceName(name) }),
          ),
        }),
      ],
      environment: {
        LEDGER_TABLE: data.ledger.tableName,
        SHOP_TABLE: data.shop.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        LOGS_TABLE: data.logs.tableName,
        ANCHOR_BUCKET: anchors.bucket.bucketName,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
        MONITOR_THRESHOLDS: JSON.stringify(thresholds),
        DEAD_LETTER_QUEUES: JSON.stringify(queues),
        ...chainSettings(stage.config),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
    });
    anchors.acknowledgeObjects(this.monitor, DIGEST_FOLDERS);
    for (const name of DEAD_LETTER_QUEUES) {
      acknowledge(
        this.monitor.node.findChild('Policy'),
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:${stage.resourceName(name)}]`,
        'It counts the messages of every dead-letter queue of the stage, and can do no more with any.',
      );
    }
    scheduleEachMinute(this, 'Watch', {
      stage,
      name: 'watch',
      description: 'Looks whether all is as it should be',
      target: this.monitor,
      targetInWords: 'the monitor',
      every: Duration.minutes(thresholds.monitor_interval_minutes),
      missedRuns,
    });
    createLevelAlarm(this, 'NotRun', {
      stage,
      name: 'monitoring-not-run',
      description: `The monitor has not come to the end of a run for a quarter of an hour. ${impact}`,
      metric: 'MonitorRan',
      countedBy: 'monitor',
      atLeast: 1,
      minutes: 15,
    });
    createCountAlarm(this, 'NotStored', {
      stage,
      name: 'conditions-not-stored',
      description: `Conditions cannot be stored. ${impact}`,
      metric: 'ConditionNotStored',
      countedBy: 'monitor',
      threshold: NOT_STORED,
    });
  }
}

/** The names of all dead-letter queues that the stage has so far, its own included: what moves letters there names them so. */
function deadLetterQueues(scope: Construct): readonly string[] {
  return scope.node.root.node
    .findAll()
    .flatMap((construct) => (construct instanceof sqs.CfnQueue ? (construct.queueName ?? []) : []))
    .filter((name) => /-dlq(\.fifo)?$/.test(name))
    .sort();
}
