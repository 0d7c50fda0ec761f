/**
 * What every use of the wallet key must carry: exactly the context that binds a ciphertext to its wallet.
 *
 * @param purposes of the wallets
 */
function contextOf(...purposes: readonly string[]) {
  return {
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['wallet_id', 'address', 'purpose'] },
    StringLike: {
      'kms:EncryptionContext:wallet_id': 'wal_*',
      'kms:EncryptionContext:address': '0x*',
    },
    StringEquals: { 'kms:EncryptionContext:purpose': purposes },
  };
}

/** Every use must carry exactly the context that binds a ciphertext to its wallet. */
export const WALLET_CONTEXT = contextOf('treasury', 'user', 'deposit');

/** The same of who makes deposit wallets and no others. */
export const DEPOSIT_CONTEXT = contextOf('deposit');

/**
 * Rows of the ledger that say which wallets there are and what they may do, and where the audit stream of key commands ends. Functions
 * that write rows of many kinds write none of these: whoever could would end a pause or a policy, take addresses from the pool that
 * customers pay to, or say where all of that money goes.
 */
export const WALLET_ROWS = [
  ...['WALLET#*', 'ADDRESS#*', 'WALLET_TAG#*', 'KMS_KEY#*', 'KMS_ROTATION#*', 'CUSTODY#*', 'POLICY#*', 'DEPOSIT*'],
  'AUDIT#custody:*',
  'TREASURY#*',
];
