/**
 * Whether a text that people give (a label, a tag, a reason) looks like a private key: what they give is stored in clear, shown
 * in lists and kept in audit entries for ever, so a key that somebody pastes there by mistake is a key to move away from. A rule of
 * shapes, not of proofs: a transaction's hash looks the same, and is refused with it.
 */

/** Addresses, UUIDs, and ids of Haven: public, and taken out first. */
const PUBLIC =
  /(?<![0-9a-f])(?:0x[0-9a-f]{40}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z]{2,4}_[0-9a-z]{26})(?![0-9a-z])/gi;
/** White space, punctuation, symbols, and what is not seen at all: whatever people and programs put between bytes. */
const SEPARATORS = /[\p{Z}\p{P}\p{S}\p{C}\p{M}]+/gu;
/** What stands before hex digits: of each byte, or of all. */
const HEX_PREFIX = /(?:0x|\\x|\\u00|%)(?=[0-9a-f]{2})/gi;

/** A good part of a key as one run; no address, and no id of Haven's, is as long. */
const HEX_RUN = /[0-9a-f]{41,}/i;
/** Twelve bytes with what people put between them: nothing else is written so. */
const BYTE_PAIRS = /(?:[0-9a-f]{2}[\s:,_-]+){12,}/i;
/** With separators taken out, words could run into a few more. 24 bytes in hex; 160 bits in decimal have as many digits. */
const JOINED_HEX_RUN = /[0-9a-f]{48,}/i;
/** Base64 and base64url of a good part of a key. Names and paths with as many characters are not of mixed case throughout. */
const BASE64_RUN = /(?=[A-Za-z0-9+/_-]{40})(?=(?:[A-Za-z0-9+/_-]*?[A-Z]){3})(?=(?:[A-Za-z0-9+/_-]*?[a-z]){3})/;

/** 32 bytes in base64, without its padding. */
const BASE64_CHARS = 43;
/** Upper case, lower case and digits alternate 27 times in 43 characters of base64, 16 times in all but one of 5,000; in words joined seldom ten times. */
const MIN_ALTERNATIONS = 16;
/** 17 of 43 characters of base64 are in upper case, and as many in lower; ids have one of them only. */
const MIN_OF_EACH_CASE = 6;

/** Whether a text holds what looks like a key: in hex, decimal, base64 or base64url, whole or with separators. */
export function looksLikeKey(text: string): boolean {
  // Full-width digits are digits to whoever reads them.
  const plain = text.normalize('NFKC').replaceAll(PUBLIC, ' ');
  if (HEX_RUN.test(plain) || BYTE_PAIRS.test(plain) || BASE64_RUN.test(plain)) return true;
  if (JOINED_HEX_RUN.test(plain.replaceAll(HEX_PREFIX, '').replaceAll(SEPARATORS, ''))) return true;
  return isJoinedBase64(plain.replaceAll(/[^A-Za-z0-9+/_-]+/g, ''));
}

function isJoinedBase64(joined: string): boolean {
  const classes = [...joined].map(classOf);
  const alternates = classes.map((one, index) => (index > 0 && one !== classes[index - 1] ? 1 : 0));
  for (let start = 0; start + BASE64_CHARS <= alternates.length; start += 1) {
    const counts = Map.groupBy(classes.slice(start, start + BASE64_CHARS), (one) => one);
    const isMixed = ['upper', 'lower'].every((one) => (counts.get(one)?.length ?? 0) >= MIN_OF_EACH_CASE);
    if (!isMixed) continue;
    const count = alternates.slice(start, start + BASE64_CHARS).reduce<number>((sum, one) => sum + one, 0);
    if (count >= MIN_ALTERNATIONS) return true;
  }
  return false;
}

function classOf(char: string): string {
  if (/[A-Z]/.test(char)) return 'upper';
  if (/[a-z]/.test(char)) return 'lower';
  return /\d/.test(char) ? 'digit' : 'other';
}

/** For zod: what `looksLikeKey` refuses. Never quotes the text. */
export const NO_KEY = {
  error: 'INVALID_PARAMETER: looks like a private key (or a hash), and what is given here is stored in clear',
} as const;

/** For zod: whether a text may be stored. */
export function holdsNoKey(text: string): boolean {
  return !looksLikeKey(text);
}
