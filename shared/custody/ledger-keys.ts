/** Keys of custody's items in the ledger table. docs/data-model.md lists the access patterns they serve. */

/** The wallet itself. */
export function walletKey(walletId: string) {
  return { pk: `WALLET#${walletId}`, sk: 'WALLET' };
}

/** One item per address, so that no address belongs to two wallets. */
export function addressKey(address: string) {
  return { pk: `ADDRESS#${address.toLowerCase()}`, sk: 'ADDRESS' };
}

/** The partition that lists the wallets with one tag. */
export function tagPartition(key: string, value: string): string {
  return `WALLET_TAG#${key}=${value}`;
}

/** The partition of gsi1 that lists all wallets. */
export const ALL_WALLETS = 'WALLETS';

/** The partition of gsi2 that lists the wallets of one purpose and status. */
export function facetPartition(purpose: string, status: string): string {
  return `WALLETS#${purpose}#${status}`;
}

/** The partition of gsi3 that lists the wallets of one purpose by when they were created. */
export function createdPartition(purpose: string): string {
  return `WALLETS#${purpose}`;
}

/**
 * Where a wallet is in that partition. Not its id: an imported wallet's says when the import began, and one of the kms tier
 * when its key was first asked for.
 */
export function createdPlace({ id, created_at }: { readonly id: string; readonly created_at: string }): string {
  return `${created_at}#${id}`;
}

/**
 * What is being made in KMS for a request to create a wallet, or for a rotation. Of rotations in partitions of another name: whoever
 * could put those would say which key a treasury's successor gets, and who makes wallets may put the others.
 *
 * @param recordKey of the request's idempotency record: a repeat finds what the first left behind
 */
export function kmsKeyIntentKey(recordKey: string) {
  const walletId = rotatedWalletOf(recordKey);
  return { pk: walletId === undefined ? `${KMS_KEY}${recordKey}` : `${KMS_ROTATION}${walletId}`, sk: 'INTENT' };
}

const KMS_KEY = 'KMS_KEY#';
const KMS_ROTATION = 'KMS_ROTATION#';

/** The request's idempotency record, or that of a rotation, from the partition key of its intent. */
export function recordKeyOf(intentPk: string): string {
  return intentPk.startsWith(KMS_ROTATION)
    ? rotationRecordKey(intentPk.slice(KMS_ROTATION.length))
    : intentPk.slice(KMS_KEY.length);
}

const ROTATION = 'ROTATION#';

/** Under which the intent of a rotation is kept, which is the wallet's and no request's. No idempotency record is named like this. */
export function rotationRecordKey(walletId: string): string {
  return `${ROTATION}${walletId}`;
}

/** The wallet whose rotation an intent is for; undefined: it is a request's own. */
export function rotatedWalletOf(recordKey: string): string | undefined {
  return recordKey.startsWith(ROTATION) ? recordKey.slice(ROTATION.length) : undefined;
}

/** The partition of gsi1 that lists intents whose wallet is not stored. */
export const OPEN_KMS_KEYS = 'OPEN_KMS_KEYS';
