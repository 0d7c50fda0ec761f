/** Every use must carry exactly the context that binds a ciphertext to its wallet. */
export const WALLET_CONTEXT = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['wallet_id', 'address', 'purpose'] },
  StringLike: {
    'kms:EncryptionContext:wallet_id': 'wal_*',
    'kms:EncryptionContext:address': '0x*',
  },
  StringEquals: { 'kms:EncryptionContext:purpose': ['treasury', 'user', 'deposit'] },
};
