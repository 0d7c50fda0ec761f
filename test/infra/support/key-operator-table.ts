import type { KeyCommand } from '#lib/stage/key-operators.ts';
import type { Privileges } from './privilege-terms.ts';

const HEAD = 'AUDIT#custody:commands';

/**
 * Everything that the role of each command on keys may do, and nothing else; look at a new right twice. Only the stream of
 * commands may be written by all.
 */
export const KEY_OPERATOR_PRIVILEGES: Readonly<Record<KeyCommand, Privileges>> = {
  import: {
    'wallet key': ['kms:DescribeKey', 'kms:GenerateDataKey'],
    'table keys': ['dynamodb:PutItem'],
    [`table ledger rows ADDRESS#*, ${HEAD}, WALLET#*, WALLET_TAG#*`]: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table audit rows custody:commands, wal_*': ['dynamodb:PutItem'],
  },
  verify: {
    'wallet key': ['kms:Decrypt', 'kms:DescribeKey'],
    'table keys': ['dynamodb:GetItem'],
    'table ledger rows WALLET#*': ['dynamodb:GetItem'],
    [`table ledger rows ${HEAD}`]: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table ledger/index/gsi1 rows WALLETS': ['dynamodb:Query'],
    'table audit rows custody:commands': ['dynamodb:PutItem'],
  },
  reencrypt: {
    'wallet key': ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
    'table keys': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'table ledger rows CUSTODY#*, WALLET#*': ['dynamodb:GetItem'],
    'table ledger rows CUSTODY#*': ['dynamodb:UpdateItem'],
    [`table ledger rows ${HEAD}`]: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'table ledger/index/gsi1 rows WALLETS': ['dynamodb:Query'],
    'table audit rows custody:commands': ['dynamodb:PutItem'],
    'table audit rows wal_*': ['dynamodb:PutItem'],
  },
};

/** The name of each role, without the stage's prefix and the region. */
export const KEY_OPERATOR_ROLES: Readonly<Record<KeyCommand, string>> = {
  import: 'key-importer',
  verify: 'key-verifier',
  reencrypt: 'key-reencrypter',
};
