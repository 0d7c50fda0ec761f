const REDACTED = '[redacted]';

/** Deeper than any object Haven logs; stops cycles and hostile input. */
const MAX_DEPTH = 6;
/** Log events are capped at 256 KB by CloudWatch; nothing Haven logs on purpose comes near this. */
const MAX_TEXT_CHARS = 4_096;
/** What is looked through of a text; a word that the cut goes through is dropped, for it could be half a key. */
const MAX_SCANNED_CHARS = 65_536;
const MAX_ITEMS = 100;

const SECRET_FIELD =
  /secret|private|passw|mnemonic|seed|pepper|authorization|cookie|credential|signature|plaintext|ciphertext|raw|bearer|e_?mail|token$|key$|^body$|^event$|^headers$/i;

/** Fields whose 32-byte hex value is public by nature; a private key has the same shape, so everywhere else it goes. */
const PUBLIC_HASH_FIELD = /(^|_)hash(es)?$/;

const SECRET_SHAPES: readonly RegExp[] = [
  // Haven's API keys, Standard Webhooks secrets, AWS access keys.
  /hvn_(live|test)_[A-Za-z0-9]+_[A-Za-z0-9]+/g,
  /wh(sec|pk|sk)_[A-Za-z0-9+/=_-]{16,}/g,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // Authorization header values, JSON Web Tokens, PEM blocks.
  /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*/g,
  /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g,
  // E-mail addresses: personal data, and a log can't be asked to forget.
  /[\w.%+'-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,63}/gi,
  // 32 bytes in decimal, as one number or byte by byte, and in hex with separators of any kind.
  /(?<!\d)\d{70,80}(?!\d)/g,
  /(?<!\d)\d{1,3}(?:[\s,;]{1,4}\d{1,3}){15,}(?!\d)/g,
  /0x[0-9a-f]{1,2}(?:[\s,;]{1,4}0x[0-9a-f]{1,2}){7,}/gi,
  /(?<![0-9a-f])[0-9a-f]{2,8}(?:[\s:,_-]{1,4}[0-9a-f]{2,8}){7,}(?![0-9a-f])/gi,
];

/** Runs of white space say nothing, and would let hostile text make the shapes above slow. */
const LONG_GAP = /\s{3,}/g;

/** Keys of 32 bytes, leading zeros left out included, and all longer hex: signed bytes. No public id is this long. */
const LONG_HEX = /(0x)?[0-9a-f]{48,}/gi;
const PUBLIC_HASH = /^0x[0-9a-f]{64}$/i;

/** 30 bytes or more as base64 or base64url: an AWS secret key has 40 characters, 32 bytes have 43. */
const LONG_BASE64 = /[A-Za-z0-9+/_-]{40,}={0,2}/g;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
/** Paths and names are as long, but not of mixed case throughout; 40 random characters always are. */
const MIXED_CASE = /^(?=(?:[^A-Z]*[A-Z]){3})(?=(?:[^a-z]*[a-z]){3})/;

/** Providers put the credential into the path, the query or the user part of an RPC address: only the host stays. */
const URL_TEXT = /\b(https?|wss?):\/\/([^\s"<>]+)/gi;

function redactText(text: string, keepHash: boolean): string {
  if (keepHash && PUBLIC_HASH.test(text)) return text;
  let clean = text.length > MAX_SCANNED_CHARS ? text.slice(0, MAX_SCANNED_CHARS).replace(/\S*$/, '') : text;
  clean = clean.replace(LONG_GAP, '  ');
  clean = clean.replace(URL_TEXT, (_all, scheme: string, rest: string) => `${scheme}://${hostOf(rest)}/…`);
  for (const shape of SECRET_SHAPES) clean = clean.replace(shape, REDACTED);
  clean = clean.replace(LONG_HEX, REDACTED);
  clean = clean.replace(LONG_BASE64, (run) => (MIXED_CASE.test(run) && !ADDRESS.test(run) ? REDACTED : run));
  return clean.length > MAX_TEXT_CHARS ? `${clean.slice(0, MAX_TEXT_CHARS)}…` : clean;
}

/** What stands after the last @, up to the path: a password may itself have a slash. */
function hostOf(urlWithoutScheme: string): string {
  const afterUser = urlWithoutScheme.slice(urlWithoutScheme.lastIndexOf('@') + 1);
  return /^[^/?#]*/.exec(afterUser)?.[0] ?? '';
}

/**
 * Copies a value for the log with everything secret-shaped taken out: by the name of the field that holds it and by
 * the shape of the value itself. A last line of defence: callers pass only what the catalogue's message needs.
 *
 * @param value any JSON-like value, bigint and Error included
 * @param fieldName the name of the field that holds the value, if any
 */
export function redact(value: unknown, fieldName = '', depth = 0): unknown {
  if (SECRET_FIELD.test(fieldName)) return REDACTED;
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return redactText(value.toString(), false);
  if (typeof value === 'string') return redactText(value, PUBLIC_HASH_FIELD.test(fieldName));
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return redactList(value, fieldName, depth);
  if (typeof value === 'object') return redactFields(value, depth);
  return `[${typeof value}]`;
}

/**
 * Redacts every field of an object by its name and its value.
 *
 * @param fields what a log line is to carry
 */
export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([name, item]) => [redactText(name, false), redact(item, name, depth + 1)]));
}

/** Nothing Haven logs is a long list of small numbers, but bytes are. */
const BYTE_LIST_ITEMS = 16;

function redactList(list: readonly unknown[], fieldName: string, depth: number): unknown {
  const isByte = (item: unknown) => typeof item === 'number' && item >= 0 && item < 256;
  if (list.length >= BYTE_LIST_ITEMS && list.every(isByte)) return `[${list.length} bytes]`;
  return list.slice(0, MAX_ITEMS).map((item) => redact(item, fieldName, depth + 1));
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {
    name: redactText(error.name, false),
    message: redactText(error.message, false),
  };
  if ('code' in error && typeof error.code === 'string') out['code'] = redactText(error.code, false);
  if (error.stack !== undefined) out['stack'] = redactText(error.stack, false);
  if (error.cause !== undefined) out['cause'] = redact(error.cause, 'cause', depth + 1);
  return out;
}
