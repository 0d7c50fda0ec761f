const REDACTED = '[redacted]';

/** Deeper than any object Haven logs; stops cycles and hostile input. */
const MAX_DEPTH = 6;
/** Log events are capped at 256 KB by CloudWatch; nothing Haven logs on purpose comes near this. */
const MAX_TEXT_CHARS = 4_096;
const MAX_ITEMS = 100;

const SECRET_FIELD =
  /secret|private|passw|mnemonic|seed|pepper|authorization|cookie|credential|signature|plaintext|ciphertext|raw|bearer|api_?key$|^token$|^key$|^body$|^event$|^headers$/i;

/** Fields whose 32-byte hex value is public by nature; a private key has the same shape, so everywhere else it goes. */
const PUBLIC_HASH_FIELD = /(^|_)hash(es)?$/;

const SECRET_SHAPES: readonly RegExp[] = [
  // Haven's API keys, Standard Webhooks secrets, AWS access keys.
  /hvn_(live|test)_[A-Za-z0-9]+_[A-Za-z0-9]+/g,
  /wh(sec|pk|sk)_[A-Za-z0-9+/=_-]{16,}/g,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // Authorization header values, JSON Web Tokens, PEM blocks.
  /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?/g,
  /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g,
  // 32 bytes as base64, base64url, decimal, or hex written with separators.
  /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43}(=|(?![A-Za-z0-9+/_=-]))/g,
  /(?<!\d)\d{70,80}(?!\d)/g,
  /\b([0-9a-fA-F]{2}[\s:-]){31}[0-9a-fA-F]{2}\b/g,
];

/** 32 bytes of hex or more: a private key, or signed bytes. */
const LONG_HEX = /(0x)?[0-9a-fA-F]{64,}/g;

/** Providers put the credential into the path or the query of an RPC address. */
const URL_WITH_PATH = /\b(https?|wss?):\/\/([^\s/?#"']+)[^\s"']*/g;

function redactText(text: string, keepHashes: boolean): string {
  let clean = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
  clean = clean.replace(
    URL_WITH_PATH,
    (_all, scheme: string, authority: string) => `${scheme}://${authority.replace(/^.*@/, '')}/…`,
  );
  for (const shape of SECRET_SHAPES) clean = clean.replace(shape, REDACTED);
  if (!keepHashes || !/^0x[0-9a-f]{64}$/i.test(clean)) clean = clean.replace(LONG_HEX, REDACTED);
  return clean;
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
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, fieldName, depth + 1));
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
  return Object.fromEntries(entries.map(([name, item]) => [name, redact(item, name, depth + 1)]));
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = { name: error.name, message: redactText(error.message, false) };
  if ('code' in error && typeof error.code === 'string') out['code'] = redactText(error.code, false);
  if (error.stack !== undefined) out['stack'] = redactText(error.stack, false);
  if (error.cause !== undefined) out['cause'] = redact(error.cause, 'cause', depth + 1);
  return out;
}
