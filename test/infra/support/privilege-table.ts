import type { FunctionName } from '#lib/bundle.ts';

/** What a function may do, by resource, and by partition (`rows`) or attribute where it has only some; the stage's prefix is left out of names. */
export type Privileges = Readonly<Record<string, readonly string[]>>;

const LIMITER = ['dynamodb:UpdateItem'];
/** Rate limits and stored answers. */
const LIMITER_AND_ANSWERS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const QUERY = ['dynamodb:Query'];
const PUT = ['dynamodb:PutItem'];
const READ_SECRET = ['secretsmanager:GetSecretValue'];
const SEND = ['sqs:SendMessage'];
/** Records accesses: the head of a stream by principal, and no other row of the ledger. */
const ACCESS_HEADS = { 'table ledger rows AUDIT#access:*': ['dynamodb:GetItem', 'dynamodb:PutItem'] };
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
    'table ledger rows CUSTODY#*, DEPOSIT#*, WALLET#*': ['dynamodb:GetItem'],
    'table ledger rows DEPOSIT_POOL#*': QUERY,
    'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
    ...ACCESS_HEADS,
    'table audit rows access:*, wal_*': ['dynamodb:PutItem'],
    'table logs': ['dynamodb:PutItem'],
    'table ephemeral': LIMITER_AND_ANSWERS,
    'secret signing': READ_SECRET,
  },
  'key-export': {
    ...everyFunction('key-export'),
    'wallet key': ['kms:Decrypt'],
    'table keys': ['dynamodb:GetItem'],
    'table approvals rows exp_*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table ledger rows CUSTODY#*, DEPOSIT#*, WALLET#*': ['dynamodb:GetItem'],
    'table ledger rows DEPOSIT_POOL#*': QUERY,
    'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
    ...ACCESS_HEADS,
    'table audit rows access:*, wal_*': ['dynamodb:PutItem'],
    'table logs': ['dynamodb:PutItem'],
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

/** The only functions that may do anything with the wallet key and the table of ciphertexts. */
export const KEY_PRIVILEGES: Readonly<Record<string, { readonly kms?: string; readonly keys: string }>> = {
  'wallet-provisioner': { kms: 'kms:GenerateDataKey', keys: 'dynamodb:PutItem' },
  'wallet-rotator': { kms: 'kms:GenerateDataKey', keys: 'dynamodb:PutItem' },
  'deposit-pool': { kms: 'kms:GenerateDataKey', keys: 'dynamodb:PutItem' },
  'lane-worker': { kms: 'kms:Decrypt', keys: 'dynamodb:GetItem' },
  'message-signer': { kms: 'kms:Decrypt', keys: 'dynamodb:GetItem' },
  'key-export': { kms: 'kms:Decrypt', keys: 'dynamodb:GetItem' },
  // The only one that may delete a key, and it can't read one.
  'key-destroyer': { keys: 'dynamodb:DeleteItem' },
};

/** Who may read or write what two people decide: whoever could write it could forge a decision. */
export const APPROVALS_TABLE_USERS = ['key-control', 'key-destroyer', 'key-export'];

/** What every use of the wallet key must say: of which wallet, at which address, for what. */
export const WALLET_CONTEXT = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['wallet_id', 'address', 'purpose'] },
  StringLike: { 'kms:EncryptionContext:wallet_id': 'wal_*', 'kms:EncryptionContext:address': '0x*' },
  StringEquals: { 'kms:EncryptionContext:purpose': ['treasury', 'user', 'deposit'] },
};

/** The same of the only function that makes deposit wallets and no others. */
export const DEPOSIT_CONTEXT = {
  ...WALLET_CONTEXT,
  StringEquals: { 'kms:EncryptionContext:purpose': ['deposit'] },
};

/** Which functions may use the wallet key for less than all wallets. */
export const NARROWER_CONTEXTS: Readonly<Record<string, typeof WALLET_CONTEXT>> = { 'deposit-pool': DEPOSIT_CONTEXT };

/** Which keys the provisioner may have KMS make: those that sign for Ethereum. Nobody else may make any. */
export const SIGNING_KEYS_ONLY = {
  StringEquals: { 'kms:KeySpec': 'ECC_SECG_P256K1', 'kms:KeyUsage': 'SIGN_VERIFY', 'kms:KeyOrigin': 'AWS_KMS' },
  Bool: { 'kms:MultiRegion': 'false' },
};

/** The only function that may sign with the anchor key. */
export const ANCHORER = 'audit-anchor';

/** Who may read or write API keys. */
export const ACCESS_TABLE_USERS = ['access-api', 'access-bootstrap', 'authorizer'];

/** Who may read, of an API key, where its audit stream ends and nothing else. */
export const ACCESS_HEAD_READERS = ['custody-api'];

/** Who may read which secret. */
export const SECRET_READERS: Readonly<Record<string, readonly string[]>> = {
  pepper: ['access-api', 'access-bootstrap', 'authorizer'],
  signing: ['access-api', 'custody-api', 'key-control', 'ops-api', 'transactions-api', 'users-api'],
  'admin-key': ['access-bootstrap'],
  rpc: ['lane-worker', 'ops-api', 'status-api', 'sweeper', 'token-api', 'transactions-api'],
};
