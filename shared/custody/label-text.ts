import { looksLikeKey } from '#shared/platform/secret-shape.ts';

/** A mnemonic has no fewer words (BIP-39: 12 to 24, https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki). */
const MNEMONIC_WORDS = 12;
/** Words of a mnemonic have 3 to 8 letters. Only of labels and tags: sentences have such words too. */
const MNEMONIC_WORD = /^[a-z]{3,8}$/i;
/** What people put between words, be it the number of the next one. */
const BETWEEN_WORDS = /[\s\d\p{P}\p{S}]+/u;
/** A tag that is no part of a mnemonic has seldom more than two words; one of ten that are has no fewer. */
const MIN_WORDS_OF_PART = 3;

/**
 * Whether a text that people give (a label, a tag) looks like a secret. Labels are stored in clear and shown in lists, so a key
 * that was pasted into the wrong field, or a column that was named by mistake, must not pass for one.
 */
export function looksSecret(text: string): boolean {
  return looksLikeKey(text) || longestRun(text) >= MNEMONIC_WORDS;
}

/**
 * Whether tags hold a secret, by keys and values. A mnemonic is longer than most tags can be: one in parts, tag by tag, is seen too.
 */
export function holdsSecret(tags: Readonly<Record<string, string>>): boolean {
  const parts = Object.values(tags)
    .map(longestRun)
    .filter((words) => words >= MIN_WORDS_OF_PART);
  const isInParts = parts.reduce((sum, words) => sum + words, 0) >= MNEMONIC_WORDS;
  return isInParts || Object.entries(tags).flat().some(looksSecret);
}

/** How many words as a mnemonic has them follow one another. */
function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  for (const word of text.split(BETWEEN_WORDS).filter((part) => part !== '')) {
    run = MNEMONIC_WORD.test(word) ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
