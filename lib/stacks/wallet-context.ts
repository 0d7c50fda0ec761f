/** Every use must carry exactly the context that binds a ciphertext to its wallet. */
export const WALLET_CONTEXT = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['wallet_id', 'address', 'purpose'] },
  StringLike: {
    'kms:EncryptionContext:wallet_id': 'wal_*',
    'kms:EncryptionContext:address': '0x*',
  },
  StringEquals: { 'kms:EncryptionContext:purpose': ['treasury', 'user', 'deposit'] },
};

/**
 * Rows of the ledger that say which wallets there are and what they may do. Functions that write rows of many kinds write none of
 * these: whoever could would end a pause or a policy.
 */
export const WALLET_ROWS = ['WALLET#*', 'ADDRESS#*', 'WALLET_TAG#*', 'KMS_KEY#*', 'CUSTODY#*', 'POLICY#*'];
