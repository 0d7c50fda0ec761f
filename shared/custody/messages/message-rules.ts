/**
 * Which messages are never signed, whatever a wallet's policy says. The EIP-191 prefix alone keeps a signed message from
 * being a signed transaction (https://eips.ethereum.org/EIPS/eip-191, version 0x45); these rules keep Haven from relying
 * on that alone, and from signing what nobody can read.
 */

/** Why a message is not signed. */
export type MessageRefusal = 'transaction' | 'hash' | 'signing_payload';

/** What each refusal means, for the caller. */
export const MESSAGE_REFUSALS: Readonly<Record<MessageRefusal, string>> = {
  transaction: 'decodes as an Ethereum transaction or authorization',
  hash: 'is 32 bytes long, as a hash is: what a hash stands for cannot be seen in it',
  signing_payload: 'begins with 0x19, as what is to be signed by EIP-191 or EIP-712 does',
};

/** A hash, or a digest that someone wants signed blindly. */
const HASH_BYTES = 32;
/** The version byte of EIP-191; no text begins with it. */
const EIP191_BYTE = 0x19;
/** EIP-2718: a typed envelope is one byte up to this and a payload. */
const MAX_ENVELOPE_TYPE = 0x7f;
/** An unsigned transaction without EIP-155 has the fewest fields of all. */
const FEWEST_TRANSACTION_FIELDS = 6;
/** EIP-7702: what lets an account run another's code is signed as 0x05 and a list of three. */
const AUTHORIZATION_TYPE = 0x05;
const AUTHORIZATION_FIELDS = 3;
/** EIP-4844: as blob transactions travel, their fields are a list inside of another. */
const BLOB_TRANSACTION_TYPE = 0x03;

/**
 * Whether a message is one of those that are never signed. Pure.
 *
 * @param bytes the message without any prefix
 * @returns undefined when it may be signed
 */
export function messageRefusal(bytes: Uint8Array): MessageRefusal | undefined {
  const decoded = fromHexText(bytes);
  return refusalOf(bytes) ?? (decoded === undefined ? undefined : refusalOf(decoded));
}

function refusalOf(bytes: Uint8Array): MessageRefusal | undefined {
  if (isTransaction(bytes)) return 'transaction';
  if (bytes[0] === EIP191_BYTE) return 'signing_payload';
  return bytes.length === HASH_BYTES ? 'hash' : undefined;
}

/** A text that is nothing but hex is read as the bytes it spells: whoever is shown it can't tell what it says. */
function fromHexText(bytes: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(bytes).toString('latin1').trim();
  const digits = /^(?:0x)?((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  return digits === undefined ? undefined : new Uint8Array(Buffer.from(digits, 'hex'));
}

function isTransaction(bytes: Uint8Array): boolean {
  const type = bytes[0];
  if (type === undefined) return false;
  if (type > MAX_ENVELOPE_TYPE) return fieldsOf(bytes, 0).length >= FEWEST_TRANSACTION_FIELDS;
  const fields = fieldsOf(bytes, 1);
  if (fields.length >= FEWEST_TRANSACTION_FIELDS) return true;
  if (type === AUTHORIZATION_TYPE) return fields.length === AUTHORIZATION_FIELDS;
  const [first] = fields;
  return type === BLOB_TRANSACTION_TYPE && first?.isList === true && first.items >= FEWEST_TRANSACTION_FIELDS;
}

interface RlpField {
  readonly isList: boolean;
  /** How many a list has; 0 for what is none. */
  readonly items: number;
}

interface RlpSpan {
  readonly isList: boolean;
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of an RLP list that is all of the bytes from an offset on; none when they are no such list. Looks no deeper
 * than two levels, so that nesting can't exhaust anything, and takes lengths that are longer than they had to be, which
 * only refuses more.
 */
function fieldsOf(bytes: Uint8Array, offset: number): readonly RlpField[] {
  const outer = spanAt(bytes, offset, bytes.length);
  if (outer === undefined || !outer.isList || outer.end !== bytes.length) return [];
  const spans = spansOf(bytes, outer);
  return (spans ?? []).map((span) => ({
    isList: span.isList,
    items: span.isList ? (spansOf(bytes, span)?.length ?? 0) : 0,
  }));
}

function spansOf(bytes: Uint8Array, list: RlpSpan): readonly RlpSpan[] | undefined {
  const spans: RlpSpan[] = [];
  for (let at = list.start; at < list.end; ) {
    const span = spanAt(bytes, at, list.end);
    if (span === undefined) return undefined;
    spans.push(span);
    at = span.end;
  }
  return spans;
}

/** The item at an offset (https://ethereum.org/en/developers/docs/data-structures-and-encoding/rlp/). */
function spanAt(bytes: Uint8Array, at: number, limit: number): RlpSpan | undefined {
  const head = bytes[at];
  if (head === undefined || at >= limit) return undefined;
  if (head < 0x80) return { isList: false, start: at, end: at + 1 };
  const isList = head >= 0xc0;
  const short = head - (isList ? 0xc0 : 0x80);
  if (short <= 55) return within({ isList, start: at + 1, end: at + 1 + short }, limit);
  const start = at + 1 + (short - 55);
  if (start > limit) return undefined;
  const length = bytes.subarray(at + 1, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return within({ isList, start, end: start + length }, limit);
}

function within(span: RlpSpan, limit: number): RlpSpan | undefined {
  return span.end <= limit ? span : undefined;
}
