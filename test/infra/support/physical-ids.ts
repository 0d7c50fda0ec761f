import { createHash } from 'node:crypto';

/** A made-up account. */
export const ACCOUNT = '123456789012';
/** A made-up region. */
export const REGION = 'eu-central-1';

/** What CloudFormation knows without any resource. */
export const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::StackId': 'stack-id',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** A resource, as far as its name in the account depends on it. */
export interface Physical {
  readonly type: string;
  /** Its name when the template gives it none. */
  readonly fallback: string;
  /** A property that is text. */
  property(name: string): string | undefined;
}

/** Which property names a resource. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SecretsManager::Secret': 'Name',
};

/** ARNs by type: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::CloudWatch::Alarm': (name) => regional('cloudwatch', `alarm:${name}`),
  'AWS::CloudWatch::CompositeAlarm': (name) => regional('cloudwatch', `alarm:${name}`),
  'AWS::DynamoDB::GlobalTable': (name) => regional('dynamodb', `table/${name}`),
  'AWS::DynamoDB::Table': (name) => regional('dynamodb', `table/${name}`),
  'AWS::Events::Rule': (name) => regional('events', `rule/${name}`),
  'AWS::Lambda::Alias': (name) => name,
  'AWS::Lambda::Version': (name) => name,
  'AWS::IAM::ManagedPolicy': (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::KMS::Key': (name) => regional('kms', `key/${keyId(name)}`),
  'AWS::Lambda::Function': (name) => regional('lambda', `function:${name}`),
  'AWS::Logs::LogGroup': (name) => regional('logs', `log-group:${name}:*`),
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SNS::Topic': (name) => regional('sns', name),
  'AWS::SQS::Queue': (name) => regional('sqs', name),
  'AWS::SecretsManager::Secret': (name) => regional('secretsmanager', `secret:${name}-AbCdEf`),
};

/** Types whose `Ref` is the ARN. */
const REFERENCED_BY_ARN = new Set([
  'AWS::Lambda::Alias',
  'AWS::Lambda::Version',
  'AWS::IAM::ManagedPolicy',
  'AWS::SNS::Topic',
  'AWS::SecretsManager::Secret',
]);

/**
 * The id that KMS would give a key: a UUID.
 *
 * @param name of the key in its template
 */
export function keyId(name: string): string {
  return createHash('sha256')
    .update(name)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

function regional(service: string, rest: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
}

function plainName(resource: Physical): string {
  // What stands behind the name of its function.
  if (resource.type === 'AWS::Lambda::Alias' || resource.type === 'AWS::Lambda::Version') {
    const qualifier = resource.property('Name') ?? '1';
    return regional('lambda', `function:${resource.property('FunctionName')}:${qualifier}`);
  }
  const property = NAME_PROPERTIES[resource.type];
  return (property === undefined ? undefined : resource.property(property)) ?? resource.fallback;
}

/** What `Ref` gives. */
export function nameOf(resource: Physical): string {
  if (REFERENCED_BY_ARN.has(resource.type)) return arnOf(resource);
  if (resource.type === 'AWS::SQS::Queue')
    return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${plainName(resource)}`;
  return plainName(resource);
}

/** What `Fn::GetAtt` of `Arn` gives. */
export function arnOf(resource: Physical): string {
  const name = plainName(resource);
  return ARNS[resource.type]?.(name) ?? `arn:of:${resource.type}:${name}`;
}
