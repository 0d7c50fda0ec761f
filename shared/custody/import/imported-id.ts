import { createHash } from 'node:crypto';

/** Crockford's base 32, as ULIDs have it (https://github.com/ulid/spec). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/**
 * The id of the wallet that an import makes of an address. The same for the same import, so that an import that was killed
 * knows the wallets that it made from those that were there; another import of the same file gives others. Made of what is
 * public: neither the key nor the file is in it.
 *
 * @param importId of the journal; random
 * @param startedAtMs of the journal: where the wallet stands in lists
 * @param address in any case
 */
export function importedWalletId(importId: string, startedAtMs: number, address: string): string {
  const digest = createHash('sha256').update(`haven import ${importId} ${address.toLowerCase()}`).digest();
  let [time, rest] = ['', BigInt(startedAtMs)];
  for (let nth = 0; nth < TIME_CHARS; nth += 1) {
    time = `${DIGITS[Number(rest % 32n)]}${time}`;
    rest /= 32n;
  }
  // 80 bits, five to a character; a byte's low five bits are as random as the byte.
  const random = [...digest.subarray(0, RANDOM_CHARS)].map((byte) => DIGITS[byte & 31]).join('');
  return `wal_${time}${random}`;
}
