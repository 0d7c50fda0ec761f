/** Who may touch what is guarded most: keys, decisions of two people, API keys, secrets. Of everybody else the tests hold that they may not. */

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

/** Who may read alerts, and say what came of telling them. Nobody else but puts them. */
export const ALERT_READERS = ['alert-notifier', 'alerts-api'];

/** Who counts errors and security events in the table of alerts, and who shows them: of its rows these only. */
export const INCIDENT_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'incident-keeper': ['dynamodb:UpdateItem'],
  'ops-api': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
};

/** Who keeps what is wrong in the table of alerts, and looks which of it is open: the index has nothing but keys. */
export const WATCHER = 'monitor';

/** Who reads and puts conditions of alarms, and reads nothing else of the table of alerts. */
export const ALARM_RECEIVER = 'alarm-receiver';

/** Where a stage mails alerts: in whose name, to whom. */
export const MAIL = {
  StringEquals: { 'ses:FromAddress': 'alerts@haven.example' },
  'ForAllValues:StringLike': { 'ses:Recipients': ['operators@haven.example', '*@haven.example'] },
};

/** Where a stage mails customers: in whose name. To whom is known only when they check out. */
export const CUSTOMER_MAIL = { StringEquals: { 'ses:FromAddress': 'shop@haven.example' } };

/**
 * What AWS Backup's role may do with a table, on a stage that has backups: nothing that shows an item to it, changes one, restores a
 * table, or deletes a backup.
 */
export const BACKUP_ACTIONS = ['dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource', 'dynamodb:StartAwsBackupJob'];

/** Who may read or write API keys. */
export const ACCESS_TABLE_USERS = ['access-api', 'access-bootstrap', 'authorizer'];

/** Who may read, of an API key, where its audit stream ends and nothing else. */
export const ACCESS_HEAD_READERS = ['custody-api'];

/** Who may read which secret. */
export const SECRET_READERS: Readonly<Record<string, readonly string[]>> = {
  pepper: ['access-api', 'access-bootstrap', 'authorizer'],
  signing: [
    'access-api',
    'alerts-api',
    'catalog-api',
    'custody-api',
    'key-control',
    'ops-api',
    'orders-api',
    'payments-api',
    'storefront-api',
    'transactions-api',
    'users-api',
    'webhooks-api',
  ],
  'admin-key': ['access-bootstrap'],
  notify: ['alert-notifier', 'alerts-api', 'webhook-sender', 'webhooks-api'],
  'alert-webhooks': ['alert-notifier'],
  'payment-processors': ['payment-webhooks'],
  shop: ['cart-sweeper', 'orders-api', 'storefront-api'],
  rpc: [
    'deposit-sweeper',
    'lane-worker',
    'monitor',
    'ops-api',
    'payment-scanner',
    'refunds-api',
    'status-api',
    'storefront-api',
    'sweeper',
    'token-api',
    'transactions-api',
  ],
};
