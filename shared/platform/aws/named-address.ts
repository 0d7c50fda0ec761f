import { oneLine } from '../plain-text.ts';

/** Of an encoded word, at most 75 characters together with what stands around it (RFC 2047, 2). */
const WORD_BYTES = 45;

/**
 * An address with a name before it, as a header has it (RFC 5322, 3.4): quoted, or in encoded words where it is not ASCII (RFC 2047). Nothing in
 * the name can end the name or the header.
 */
export function namedAddress(name: string, address: string): string {
  const line = oneLine(name);
  if (/^[\x20-\x7e]*$/.test(line)) return `"${line.replace(/["\\]/g, '\\$&')}" <${address}>`;
  return `${encodedWords(line).join(' ')} <${address}>`;
}

/** No character is torn between two words. */
function encodedWords(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  for (const char of text) {
    if (Buffer.byteLength(word + char) > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += char;
  }
  return [...words, word].map((part) => `=?UTF-8?B?${Buffer.from(part, 'utf8').toString('base64')}?=`);
}
