import type { FunctionName } from '#lib/bundle.ts';

/** What a function may do, by resource, and by partition (`rows`) or attribute where it has only some; the stage's prefix is left out of names. */
export type Privileges = Readonly<Record<string, readonly string[]>>;

/** Counts requests against rate limits. */
export const LIMITER = ['dynamodb:UpdateItem'];
/** Rate limits, and stored answers besides. */
export const LIMITER_AND_ANSWERS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** Reads a partition of a table or an index. */
export const QUERY = ['dynamodb:Query'];
/** Puts items. */
export const PUT = ['dynamodb:PutItem'];
/** Reads a secret. */
export const READ_SECRET = ['secretsmanager:GetSecretValue'];
/** Follows the stream of a table's keys. */
export const FOLLOW = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];
/** Sends to a queue. */
export const SEND = ['sqs:SendMessage'];
/** Records accesses: the head of a stream by principal, and no other row of the ledger. */
export const ACCESS_HEADS = { 'table ledger rows AUDIT#access:*': ['dynamodb:GetItem', 'dynamodb:PutItem'] };
/** What a function may put that writes rows of many kinds: none that says which wallets there are and what they may do. */
export const OTHER_ROWS =
  'table ledger rows but ADDRESS#*, AUDIT#custody:*, CUSTODY#*, DEPOSIT*, KMS_KEY#*, KMS_ROTATION#*, POLICY#*, TREASURY#*, WALLET#*, WALLET_TAG#*';
/** Puts items, and takes them away. */
export const PUT_AND_DELETE = ['dynamodb:DeleteItem', 'dynamodb:PutItem'];
/** Takes from a queue. */
export const CONSUME = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];

/** What every function may do: write its own log, and traces, which have no resource to name. */
export const everyFunction = (name: FunctionName): Privileges => ({
  [`log ${name}`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  '*': ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
});

/** Calls a function. */
export const CALL = ['lambda:InvokeFunction'];

/**
 * The same rights to several things.
 *
 * @param kind of thing: `queue`
 */
export function of(kind: string, names: readonly string[], rights: readonly string[]): Privileges {
  return Object.fromEntries(names.map((name) => [`${kind} ${name}`, rights]));
}
