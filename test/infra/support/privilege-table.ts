import type { FunctionName } from '#lib/bundle.ts';

/** What a function may do, by resource, and by partition (`rows`) or attribute where it has only some; the stage's prefix is left out of names. */
export type Privileges = Readonly<Record<string, readonly string[]>>;

const LIMITER = ['dynamodb:UpdateItem'];
/** Rate limits and stored answers. */
const LIMITER_AND_ANSWERS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const QUERY = ['dynamodb:Query'];
const PUT = ['dynamodb:PutItem'];
/** The identity in whose name a stage mails, where it mails anybody. */
export const MAIL_IDENTITY = 'mail identity';
const READ_SECRET = ['secretsmanager:GetSecretValue'];
const SEND = ['sqs:SendMessage'];
/** Records accesses: the head of a stream by principal, and no other row of the ledger. */
const ACCESS_HEADS = { 'table ledger rows AUDIT#access:*': ['dynamodb:GetItem', 'dynamodb:PutItem'] };
/** Takes a step of what two people decide: judges the wallet, and puts the step on record. */
const KEY_REQUESTS = {
  'table ledger rows CUSTODY#*, DEPOSIT#*, WALLET#*': ['dynamodb:GetItem'],
  'table ledger rows DEPOSIT_POOL#*': QUERY,
  'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
  ...ACCESS_HEADS,
  'table audit rows access:*, wal_*': PUT,
  'table logs': PUT,
};
/** What a function may put that writes rows of many kinds: none that says which wallets there are and what they may do. */
const OTHER_ROWS =
  'table ledger rows but ADDRESS#*, AUDIT#custody:*, CUSTODY#*, DEPOSIT*, KMS_KEY#*, KMS_ROTATION#*, POLICY#*, WALLET#*, WALLET_TAG#*';
const PUT_AND_DELETE = ['dynamodb:DeleteItem', 'dynamodb:PutItem'];
const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

/** Holds streams against their anchors. */
const READ_ANCHORS = {
  'bucket anchors': ['s3:ListBucket'],
  'bucket anchors/digests/*': ['s3:GetObject'],
  'bucket anchors/parts/*': ['s3:GetObject'],
};

/** What every function may do: write its own log, and traces, which have no resource to name. */
const everyFunction = (name: FunctionName): Privileges => ({
  [`log ${name}`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  '*': ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
});

/**
 * The privilege table of docs/security.md as it is deployed: everything that each function may do, and nothing else.
 * A new function, or a new right of one, fails the tests until it is added here; look at it twice.
 */
export const PRIVILEGES: Readonly<Record<FunctionName, Privileges>> = {
  'ops-api': {
    ...everyFunction('ops-api'),
    'table ephemeral': ['dynamodb:BatchGetItem', ...LIMITER_AND_ANSWERS],
    'table ephemeral/index/gsi1': QUERY,
    ...ACCESS_HEADS,
    'table audit rows access:*, breaker:*': ['dynamodb:PutItem'],
    'table audit rows breaker:*': QUERY,
    'secret rpc': READ_SECRET,
    'secret signing': READ_SECRET,
  },
  'wallet-provisioner': {
    ...everyFunction('wallet-provisioner'),
    // Keys that are to be made have no ARN: see SIGNING_KEYS_ONLY.
    '*': ['kms:CreateKey', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    'wallet key': ['kms:GenerateDataKey'],
    'table keys': ['dynamodb:PutItem'],
    'table ledger': ['dynamodb:GetItem'],
    'table ledger rows ADDRESS#*, AUDIT#access:*, KMS_KEY#*, USER#*, USER_EXTERNAL_ID#*, WALLET#*, WALLET_TAG#*': PUT,
    'table audit rows access:*, usr_*, wal_*': PUT,
    'table ephemeral': LIMITER_AND_ANSWERS,
  },
  'wallet-rotator': {
    ...everyFunction('wallet-rotator'),
    // Keys that are to be made have no ARN: see SIGNING_KEYS_ONLY.
    '*': ['kms:CreateKey', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    'wallet key': ['kms:GenerateDataKey'],
    'table keys': ['dynamodb:PutItem'],
    'table ledger': ['dynamodb:GetItem'],
    'table ledger rows ADDRESS#*, AUDIT#access:*, KMS_ROTATION#*, POLICY#*, SWEEP#*, USER#*, WALLET#*, WALLET_TAG#*':
      PUT,
    'table ledger rows CUSTODY#*, WALLET#*': ['dynamodb:UpdateItem'],
    'table ledger rows CUSTODY#*, DEPOSIT#*, POLICY#*': ['dynamodb:ConditionCheckItem'],
    'table audit rows access:*, policy:*, sweep:*, usr_*, wal_*': PUT,
    'table logs': PUT,
    'table ephemeral': LIMITER_AND_ANSWERS,
  },
  'custody-api': {
    ...everyFunction('custody-api'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
    'table ledger rows AUDIT#access:*': PUT,
    'table ledger/index/gsi1': QUERY,
    'table ledger/index/gsi2': QUERY,
    'table ledger/index/gsi3': QUERY,
    'table audit': ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    'table audit rows access:*': PUT,
    'table audit/index/gsi1': QUERY,
    'table audit/index/gsi2': QUERY,
    'table audit/index/gsi3': QUERY,
    'table audit/index/gsi4': QUERY,
    ...READ_ANCHORS,
    'anchor key': ['kms:GetPublicKey'],
    'table ephemeral': LIMITER,
    'table ephemeral rows BREAKER#*, LOCKOUT#*': ['dynamodb:GetItem'],
    'table access attributes audit_hash, audit_seq, pk': ['dynamodb:GetItem'],
    'table shop attributes audit_hash, audit_seq, pk, sk': ['dynamodb:GetItem'],
    'secret signing': READ_SECRET,
  },
  'deposit-pool': {
    ...everyFunction('deposit-pool'),
    'wallet key': ['kms:GenerateDataKey'],
    'table keys': ['dynamodb:PutItem'],
    'table ledger rows DEPOSIT_POOL#*': ['dynamodb:DeleteItem', 'dynamodb:Query'],
    'table ledger rows CUSTODY#*, WALLET#*': ['dynamodb:BatchGetItem'],
    'table ledger rows ADDRESS#*, DEPOSIT_POOL#*, WALLET#*': ['dynamodb:GetItem'],
    'table ledger rows ADDRESS#*, DEPOSIT#*, DEPOSIT_POOL#*, WALLET#*': ['dynamodb:PutItem'],
    'table audit rows deposit:*, wal_*': ['dynamodb:PutItem'],
    'table logs': ['dynamodb:PutItem'],
    'queue pool-kicks': CONSUME,
    'queue pool-schedule-dlq': SEND,
  },
  'policy-admin': {
    ...everyFunction('policy-admin'),
    'table ledger': ['dynamodb:GetItem'],
    'table ledger rows CUSTODY#*, WALLET#*': ['dynamodb:UpdateItem'],
    'table ledger rows AUDIT#access:*, POLICY#*, WALLET_TAG#*': PUT,
    'table ledger rows WALLET_TAG#*': ['dynamodb:DeleteItem'],
    'table audit rows access:*, policy:*, wal_*': PUT,
    'table ephemeral': LIMITER,
  },
  'transactions-api': {
    ...everyFunction('transactions-api'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
    [OTHER_ROWS]: PUT_AND_DELETE,
    'table ledger/index/gsi1': QUERY,
    'table ledger/index/gsi2': QUERY,
    'table ledger/index/gsi3': QUERY,
    'table audit rows access:*, tx_*': PUT,
    'table audit rows tx_*': QUERY,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'queue lane-kicks.fifo': SEND,
    'queue outbox-wakes': SEND,
    'secret rpc': READ_SECRET,
    'secret signing': READ_SECRET,
  },
  'token-api': {
    ...everyFunction('token-api'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:Query'],
    [OTHER_ROWS]: PUT,
    'table audit rows access:*, lane:*, red_*, token:*, tx_*': PUT,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'queue lane-kicks.fifo': SEND,
    'secret rpc': READ_SECRET,
  },
  'users-api': {
    ...everyFunction('users-api'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
    'table ledger rows AUDIT#access:*, USER#*': PUT,
    'table ledger/index/gsi1': QUERY,
    'table ledger/index/gsi2': QUERY,
    'table ledger/index/gsi3': QUERY,
    'table audit rows access:*, usr_*': PUT,
    'table ephemeral': LIMITER,
    'secret signing': READ_SECRET,
  },
  'catalog-api': {
    ...everyFunction('catalog-api'),
    'table shop rows CART#*, LOW_STOCK#*, ORDER#*, PRODUCT#*, STOCK#*': ['dynamodb:BatchGetItem'],
    'table shop rows LOW_STOCK#*, PRODUCT#*, STOCK#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table shop rows STOCK#*': ['dynamodb:UpdateItem'],
    'table shop/index/gsi1': QUERY,
    'table shop/index/gsi2': QUERY,
    'table shop/index/gsi3': QUERY,
    ...ACCESS_HEADS,
    'table audit rows access:*, product:*': PUT,
    'table logs': PUT,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret signing': READ_SECRET,
  },
  'stock-reconciler': {
    ...everyFunction('stock-reconciler'),
    'table shop rows CART#*, LOW_STOCK#*, ORDER#*, PRODUCT#*, STOCK#*': ['dynamodb:BatchGetItem'],
    'table shop rows LOW_STOCK#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table shop/index/gsi1': QUERY,
    'table shop/index/gsi2': QUERY,
    'table logs': PUT,
    'queue stock-schedule-dlq': SEND,
  },
  'access-api': {
    ...everyFunction('access-api'),
    'table access': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    'table access/index/gsi1': QUERY,
    ...ACCESS_HEADS,
    'table audit rows access:*, key_*': ['dynamodb:PutItem'],
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret pepper': READ_SECRET,
    'secret signing': READ_SECRET,
  },
  authorizer: {
    ...everyFunction('authorizer'),
    'table access': ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
    'table ephemeral rows FAILURES#*, LOCKOUT#*, key_*': [
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    'table audit rows security:*': ['dynamodb:PutItem', 'dynamodb:Query'],
    'table logs': ['dynamodb:PutItem'],
    'secret pepper': READ_SECRET,
  },
  'access-bootstrap': {
    ...everyFunction('access-bootstrap'),
    'table access': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table audit rows key_*': PUT,
    'secret pepper': READ_SECRET,
    'secret admin-key': ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
  },
  'alert-notifier': {
    ...everyFunction('alert-notifier'),
    'table logs rows ALERT#*': ['dynamodb:Query', 'dynamodb:UpdateItem'],
    'table logs rows ALERT_COOL_DOWN#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'table logs/index/gsi2': QUERY,
    'table logs/stream': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    'table ephemeral rows BREAKER#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'secret alert-webhooks': READ_SECRET,
    'queue alerts-schedule-dlq': SEND,
    // Where the stage mails anybody; see MAIL.
    [MAIL_IDENTITY]: ['ses:SendEmail'],
  },
  'lane-worker': {
    ...everyFunction('lane-worker'),
    'wallet key': ['kms:Decrypt'],
    'table keys': ['dynamodb:GetItem'],
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:Query'],
    'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
    [OTHER_ROWS]: PUT_AND_DELETE,
    'table audit rows tx_*, wal_*': PUT,
    'table logs': PUT,
    'table ephemeral': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'queue lane-kicks.fifo': [...CONSUME, ...SEND],
    'queue lane-wakes': SEND,
    'queue outbox-wakes': SEND,
    'secret rpc': READ_SECRET,
  },
  'status-api': {
    ...everyFunction('status-api'),
    'table ledger': ['dynamodb:BatchGetItem'],
    'table ledger/index/gsi1': QUERY,
    'table ledger/index/gsi3': QUERY,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret rpc': READ_SECRET,
  },
  'storefront-api': {
    ...everyFunction('storefront-api'),
    'table shop rows PRODUCT#*, STOCK#*': ['dynamodb:BatchGetItem'],
    'table shop rows CART#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    'table shop rows STOCK#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'table logs rows ALERT#*': PUT,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret shop': READ_SECRET,
  },
  'cart-sweeper': {
    ...everyFunction('cart-sweeper'),
    'table shop rows CART#*': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    'table shop rows STOCK#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'table shop/index/gsi1': QUERY,
    'table shop/index/gsi2': QUERY,
    'table logs rows ALERT#*': PUT,
    'secret shop': READ_SECRET,
    'queue cart-schedule-dlq': SEND,
  },
  'message-signer': {
    ...everyFunction('message-signer'),
    'wallet key': ['kms:Decrypt'],
    'table keys': ['dynamodb:GetItem'],
    'table ledger rows CUSTODY#*, POLICY#*, WALLET#*': ['dynamodb:GetItem'],
    'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
    'table ledger rows POLICY#*': ['dynamodb:ConditionCheckItem'],
    ...ACCESS_HEADS,
    'table audit rows access:*, wal_*': ['dynamodb:PutItem'],
    'table ephemeral': LIMITER_AND_ANSWERS,
  },
  'key-control': {
    ...everyFunction('key-control'),
    'table approvals': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    'table approvals/index/gsi1': QUERY,
    ...KEY_REQUESTS,
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret signing': READ_SECRET,
  },
  'key-export': {
    ...everyFunction('key-export'),
    'wallet key': ['kms:Decrypt'],
    'table keys': ['dynamodb:GetItem'],
    'table approvals rows exp_*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    ...KEY_REQUESTS,
    'table ephemeral': LIMITER,
  },
  'key-destroyer': {
    ...everyFunction('key-destroyer'),
    'table keys': ['dynamodb:DeleteItem'],
    'table approvals rows dst_*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table approvals/index/gsi2': QUERY,
    'table ledger rows CUSTODY#*, WALLET#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'table audit rows wal_*': ['dynamodb:PutItem'],
    'table logs': ['dynamodb:PutItem'],
    'queue destruction-schedule-dlq': SEND,
  },
  'lane-kicker': {
    ...everyFunction('lane-kicker'),
    'table ledger': ['dynamodb:GetItem'],
    [OTHER_ROWS]: PUT,
    'table audit rows tx_*': PUT,
    'table ledger/index/gsi1': QUERY,
    'queue lane-kicks.fifo': SEND,
    'queue lane-wakes': CONSUME,
    'queue lane-schedule-dlq': SEND,
  },
  'outbox-worker': {
    ...everyFunction('outbox-worker'),
    'table ledger': ['dynamodb:GetItem'],
    [OTHER_ROWS]: PUT_AND_DELETE,
    'table ledger/index/gsi1': QUERY,
    'table audit rows red_*': PUT,
    'queue outbox-wakes': CONSUME,
    'queue outbox-schedule-dlq': SEND,
  },
  'audit-anchor': {
    ...everyFunction('audit-anchor'),
    'table audit/index/gsi1': QUERY,
    'bucket anchors': ['s3:ListBucket'],
    'bucket anchors/digests/*': ['s3:GetObject', 's3:PutObject'],
    'bucket anchors/parts/*': ['s3:GetObject', 's3:PutObject'],
    'anchor key': ['kms:Sign'],
    'queue anchors-schedule-dlq': SEND,
  },
  sweeper: {
    ...everyFunction('sweeper'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
    'table ledger rows LANE#*': ['dynamodb:DeleteItem', 'dynamodb:Query'],
    'table ledger rows CUSTODY#*': ['dynamodb:ConditionCheckItem'],
    'table ledger rows LANE#*, REFERENCE#*, SPEND#*, SWEEP#*, TX#*': PUT,
    'table ledger/index/gsi1': QUERY,
    'table audit rows sweep:*, tx_*': PUT,
    'table logs': PUT,
    'table ephemeral': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'secret rpc': READ_SECRET,
    'queue lane-kicks.fifo': SEND,
    'queue sweep-schedule-dlq': SEND,
  },
  'top-up': {
    ...everyFunction('top-up'),
    'table ledger': ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem'],
    [OTHER_ROWS]: PUT,
    'table ledger/index/gsi1': QUERY,
    'table audit rows tx_*': PUT,
    'queue lane-kicks.fifo': SEND,
    'queue top-ups-schedule-dlq': SEND,
  },
};
