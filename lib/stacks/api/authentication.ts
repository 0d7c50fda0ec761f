import { CustomResource, Duration, type Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { authenticationSettings } from '../../authentication-settings.ts';
import { createCountAlarm } from '../../constructs/counted-alarm.ts';
import { HavenFunction } from '../../constructs/haven-function.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import type { ApiParts } from './function-facts.ts';

const AUTHORIZER_TIMEOUT = Duration.seconds(5);

/** The function that decides who is asking, and what sounds when it can't or somebody keeps failing. */
export function createAuthorizer(
  stack: Stack,
  stage: StageContext,
  { data, secrets }: Pick<ApiParts, 'data' | 'secrets'>,
): { readonly authorizer: HavenFunction; readonly faults: cloudwatch.Alarm } {
  const authorizer = new HavenFunction(stack, 'authorizer', {
    stage,
    name: 'authorizer',
    description: 'Tells who is asking, by API key or token, and locks out who keeps failing. No wallet keys.',
    memoryMb: 512,
    timeout: AUTHORIZER_TIMEOUT,
    calledBy: { kind: 'api' },
    permissions: [
      data.access.allow('BatchGetItem', 'UpdateItem'),
      // Locks and counts of failures; Get, because a failed condition shows the item. No such row is a key's: but a key
      // is read with the locks, and the keys of the whole request may be what the condition sees.
      data.ephemeral.allowRows(
        ['FAILURES#*', 'LOCKOUT#*', 'key_*'],
        'BatchGetItem',
        'GetItem',
        'PutItem',
        'UpdateItem',
      ),
      data.audit.allowRows(['security:*'], 'PutItem', 'Query'),
      data.logs.allow('PutItem'),
      allowRead(secrets.pepper),
    ],
    environment: {
      ACCESS_TABLE: data.access.tableName,
      EPHEMERAL_TABLE: data.ephemeral.tableName,
      AUDIT_TABLE: data.audit.tableName,
      LOGS_TABLE: data.logs.tableName,
      PEPPER_SECRET_ARN: secrets.pepper.secretArn,
      ...authenticationSettings(stage.config),
    },
    errorImpact: 'Nobody can use the API.',
    harm: 'checkout',
    errorsAreFaults: false,
  });
  const faults = createCountAlarm(stack, 'AuthorizerFaults', {
    stage,
    name: 'authorizer-faults',
    harm: 'checkout',
    description: 'Authentication cannot be decided. Nobody can use the API.',
    metric: 'AuthenticationFault',
    countedBy: 'authorizer',
    threshold: 3,
  });
  createCountAlarm(stack, 'Lockouts', {
    stage,
    name: 'lockout-started',
    harm: 'told',
    description: 'Somebody kept failing to authenticate and is locked out. It may be an attack, or a client of yours.',
    metric: 'LockoutStarted',
    countedBy: 'authorizer',
    threshold: 1,
  });
  return { authorizer, faults };
}

/** Puts the first admin key in place, as part of the deployment. */
export function createFirstAdminKey(
  stack: Stack,
  stage: StageContext,
  { data, secrets }: Pick<ApiParts, 'data' | 'secrets'>,
): void {
  const bootstrap = new HavenFunction(stack, 'access-bootstrap', {
    stage,
    name: 'access-bootstrap',
    description: 'Puts the first admin key into its secret at deploy. Called by CloudFormation only.',
    memoryMb: 512,
    timeout: Duration.seconds(60),
    calledBy: { kind: 'deployment' },
    permissions: [
      data.access.allow('GetItem', 'PutItem'),
      data.audit.allowRows(['key_*'], 'PutItem'),
      allowRead(secrets.pepper, secrets.adminKey),
      new iam.PolicyStatement({
        actions: ['secretsmanager:PutSecretValue'],
        resources: [secrets.adminKey.secretArn],
      }),
    ],
    environment: {
      ACCESS_TABLE: data.access.tableName,
      AUDIT_TABLE: data.audit.tableName,
      PEPPER_SECRET_ARN: secrets.pepper.secretArn,
      ADMIN_KEY_SECRET_ARN: secrets.adminKey.secretArn,
      KEY_MODE: stage.config.key_mode,
    },
    errorImpact: 'A deployment has no admin key.',
  });
  const resource = new CustomResource(stack, 'FirstAdminKey', {
    serviceToken: bootstrap.function.functionArn,
    // CloudFormation calls again when this changes: the way back in for who has lost every admin key.
    properties: { Generation: String(stage.config.admin_key_generation) },
  });
  resource.node.addDependency(bootstrap);
}
