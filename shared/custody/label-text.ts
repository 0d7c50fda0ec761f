/**
 * What a key, or a good part of one, looks like: a long run of hex, of base64 or of digits, with the separators that people
 * use, or a phrase of words. Labels and tags are stored in clear, shown in lists and kept in audit entries, so what was
 * pasted or mapped there by mistake must not pass.
 */
const SECRET_SHAPES: readonly RegExp[] = [
  /[0-9a-f]{41,}/i,
  /(?:[0-9a-f]{2}[\s:,_-]+){12,}/i,
  /\d{40,}/,
  // Base64 is of mixed case throughout; names and paths with as many characters are not.
  /(?=[A-Za-z0-9+/_-]{40})(?=(?:[A-Za-z0-9+/_-]*?[A-Z]){3})(?=(?:[A-Za-z0-9+/_-]*?[a-z]){3})/,
  /(?:\b[a-z]{3,8}\b\s+){11,}[a-z]{3,8}\b/i,
];

/** Whether a label, or the key or value of a tag, looks as if it held a key. Addresses don't. For short texts only. */
export function looksSecret(text: string): boolean {
  const withoutAddresses = text.replaceAll(/\b0x[0-9a-f]{40}\b/gi, '');
  return SECRET_SHAPES.some((shape) => shape.test(withoutAddresses));
}
