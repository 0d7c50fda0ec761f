import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../bundle.ts';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import { createFunctionAlarms } from './function-alarms.ts';
import type { Harm } from './stage-alarm.ts';

/** What a function must say about itself. Nothing here has a default that could be unsafe. */
export interface HavenFunctionProps {
  readonly stage: StageContext;
  readonly name: FunctionName;
  /** What it is for, and what it may never do. */
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** Who calls it, which decides where a failed call goes. */
  readonly calledBy: Caller;
  /** Everything it may do besides writing its logs and traces. */
  readonly permissions: readonly iam.PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
  /** What customers notice when it fails; the text of its alarms. */
  readonly errorImpact: string;
  /** What it means to people; absent: that some requests fail, of a function of the API, else that nobody notices yet. */
  readonly harm?: Harm;
  /** Where its alarms on throttles and duration are made; absent: beside it. A stack holds 500 resources at most. */
  readonly alarmScope?: Construct;
  /** A role made elsewhere, for the functions whose role the key policy names. */
  readonly role?: iam.Role;
  /**
   * Whether an error of the function is a fault. Not so for the authorizer, which can refuse only by throwing
   * (API Gateway's protocol): its faults are counted by a metric of its own.
   */
  readonly errorsAreFaults?: boolean;
}

/** Who calls a function. Who calls it asynchronously must say where calls go that fail. */
export type Caller =
  | { readonly kind: 'api' | 'function' | 'queue' | 'deployment' }
  | {
      readonly kind: 'schedule';
      /** Where runs end up that failed. */
      readonly missedRuns: sqs.IQueue;
      /** An event older than this is worth nothing any more. */
      readonly maxEventAge: Duration;
    }
  | {
      readonly kind: 'events';
      /** Where events end up that were tried in vain. */
      readonly lostEvents: sqs.IQueue;
      /** For how long one is kept that the function could not be called with; what it throws at is tried twice more. */
      readonly maxEventAge: Duration;
    };

/** What becomes of failed calls, by caller: why a function has no dead-letter queue of its own. */
const FAILED_CALLS: Readonly<Record<Caller['kind'], string>> = {
  api: 'API Gateway calls it synchronously: the client is told of a failure, and there is no event to keep.',
  function: 'Another function calls it synchronously, and is told of a failure: there is no event to keep.',
  queue: "Lambda's poller calls it synchronously: a failed message stays in its queue, which has a dead-letter queue.",
  schedule: 'What it fails on asynchronously goes to a queue by its on-failure destination, which supersedes this.',
  events: 'What it fails on goes to a queue by its on-failure destination, which supersedes this.',
  deployment:
    'Only CloudFormation calls it, and a deployment shows its failure; the event holds a signed URL, so no queue should keep it.',
};

/**
 * A Lambda function as Haven runs them: arm64 on nodejs24.x with its own role, its own log group with retention,
 * tracing, source maps, and alarms on errors, throttles and duration.
 */
export class HavenFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.IRole;
  /** The name of its log group. */
  readonly logGroupName: string;
  /** The alarm on its errors; none where those are no faults. */
  readonly errorAlarms: readonly cloudwatch.Alarm[];
  readonly name: FunctionName;
  readonly errorImpact: string;
  readonly harm: Harm;

  constructor(scope: Construct, id: string, props: HavenFunctionProps) {
    super(scope, id);
    const { stage, name, calledBy } = props;
    this.name = name;
    this.errorImpact = props.errorImpact;
    this.harm = props.harm ?? (calledBy.kind === 'api' ? 'requests' : 'none');
    stage.book.functions.push({ name, calledBy: calledBy.kind });
    const functionName = stage.resourceName(name);
    this.logGroupName = `/haven/${stage.config.name}/${name}`;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: this.logGroupName,
      retention: stage.config.log_retention_days,
      removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const role = props.role ?? executionRole(this, 'Role', stage, name);
    this.role = role;
    const failures = failuresOf(calledBy);
    const policy = new iam.Policy(this, 'Policy', {
      statements: [
        new iam.PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
        ...(failures === undefined
          ? []
          : [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [failures.queue.queueArn] })]),
        ...props.permissions,
      ],
      roles: [role],
    });
    this.function = new lambda.Function(this, 'Function', {
      functionName,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: stage.code(name),
      memorySize: props.memoryMb,
      timeout: props.timeout,
      tracing: lambda.Tracing.ACTIVE,
      // Without CDK's own grants: the policy above and the role's right to trace are all there is.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        ...props.environment,
      },
    });
    // The function must not run before it may do what it is for.
    this.function.node.addDependency(policy);
    acknowledge(this.function, 'Serverless-LambdaDLQ', FAILED_CALLS[calledBy.kind]);
    if (failures !== undefined) {
      this.function.configureAsyncInvoke({
        onFailure: new destinations.SqsDestination(failures.queue),
        maxEventAge: failures.maxEventAge,
        retryAttempts: failures.retryAttempts,
      });
    }
    this.errorAlarms = createFunctionAlarms(
      this,
      props.alarmScope ?? this,
      { ...props, harm: this.harm },
      this.function,
    );
  }
}

/** Lambda's most: a fault may be over after a minute or two. */
const EVENT_RETRIES = 2;

/** What becomes of asynchronous calls that fail. */
function failuresOf(caller: Caller) {
  // The next run makes up for one that failed.
  if (caller.kind === 'schedule')
    return { queue: caller.missedRuns, maxEventAge: caller.maxEventAge, retryAttempts: 0 };
  if (caller.kind === 'events')
    return { queue: caller.lostEvents, maxEventAge: caller.maxEventAge, retryAttempts: EVENT_RETRIES };
  return undefined;
}

const TRACING_REASON =
  'X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html.';

/**
 * The role of one function: nobody but Lambda can assume it, and besides tracing it can do nothing until its function's
 * policy says so. Tracing stands here by itself, so that what is acknowledged for it covers nothing else.
 *
 * @param name the function's name
 */
export function executionRole(scope: Construct, id: string, stage: StageContext, name: FunctionName): iam.Role {
  const role = new iam.Role(scope, id, {
    roleName: `${stage.resourceName(name)}-${Stack.of(scope).region}`,
    description: `Execution role of ${stage.resourceName(name)}`,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Tracing: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
            resources: ['*'],
          }),
        ],
      }),
    },
  });
  for (const rule of ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'])
    acknowledge(role, rule, TRACING_REASON);
  return role;
}
