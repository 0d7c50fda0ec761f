/**
 * What KMS shows of a wallet's key besides its ARN: the only trace of a key whose maker died before it could note the ARN, and
 * what binds a key to its wallet. Given when the key is made; of Haven's roles none may change it.
 *
 * @param stage its name
 */
export function kmsKeyDescription(stage: string, walletId: string): string {
  return `Haven ${stage}: signs for wallet ${walletId}. Without it that wallet can never sign again.`;
}

/**
 * The wallet that a key was made for.
 *
 * @returns undefined: it is none of that stage's wallets' keys
 */
export function walletOfDescription(stage: string, description: string): string | undefined {
  const walletId = /: signs for wallet (wal_[0-9A-Z]{26})\./.exec(description)?.[1];
  return walletId !== undefined && description === kmsKeyDescription(stage, walletId) ? walletId : undefined;
}
