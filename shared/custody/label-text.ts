import { looksLikeKey } from '#shared/platform/secret-shape.ts';

/** Words of a mnemonic, as many as the shortest has. Only of labels: sentences have such words too. */
const MNEMONIC = /(?:\b[a-z]{3,8}\b\s+){11,}[a-z]{3,8}\b/i;

/**
 * Whether a text that people give (a label, a tag) looks like a secret. Labels are stored in clear and shown in lists, so a key
 * that was pasted into the wrong field, or a column that was named by mistake, must not pass for one.
 */
export function looksSecret(text: string): boolean {
  return looksLikeKey(text) || MNEMONIC.test(text);
}
