import { secp256k1 } from '@noble/curves/secp256k1';
import { getAddress } from 'ethers/address';
import { looksSecret } from '../label-text.ts';
import { addressOf, type PrivateKeyBytes } from '../private-key.ts';
import { type KeyEncoding, readKey } from './key-text.ts';
import { type FieldBytes, overwriteRow, type Refusal, type SourceRow } from './source-row.ts';

/** A row that could become a wallet. Whoever has it overwrites the key. */
export interface Candidate {
  readonly line: number;
  readonly key: PrivateKeyBytes;
  /** With its EIP-55 checksum; derived from the key. */
  readonly address: string;
  readonly label: string | null;
}

/** A row that is no candidate. */
export interface RefusedRow {
  readonly line: number;
  readonly refusal: Refusal;
  /** As the address column or the key has it; null when neither has one. */
  readonly address: string | null;
}

/** As long as a label of the API. */
const MAX_LABEL_CHARS = 100;

/**
 * Says of a row whether a wallet can be made of it. Everything that the row holds is overwritten, whatever the outcome; what
 * is left of the key is in the candidate.
 */
export function examineRow(row: SourceRow, encoding: KeyEncoding): Candidate | RefusedRow {
  const { line } = row;
  if ('problem' in row) return { line, refusal: row.problem, address: null };
  try {
    const { key: keyField, label: labelField } = row.fields;
    // In CSV, null and empty look the same: where nothing is claimed, nothing can differ.
    const addressField = row.fields.address?.bytes.length === 0 ? undefined : row.fields.address;
    const claimed = addressField === undefined ? undefined : readAddress(addressField);
    if (keyField === undefined) return { line, refusal: 'key_missing', address: claimed ?? null };
    const read = readKey(keyField, encoding);
    if ('problem' in read) return { line, refusal: read.problem, address: claimed ?? null };
    const { key } = read;
    const refuse = (refusal: Refusal, address: string | null): RefusedRow => {
      key.fill(0);
      return { line, refusal, address };
    };
    if (!secp256k1.utils.isValidPrivateKey(key)) return refuse('key_out_of_range', claimed ?? null);
    const address = addressOf(key);
    if (addressField !== undefined && claimed === undefined) return refuse('address_invalid', address);
    if (claimed !== undefined && claimed !== address) return refuse('address_mismatch', claimed);
    const label = labelField === undefined ? null : readLabel(labelField);
    if (typeof label === 'object' && label !== null) return refuse(label.refusal, address);
    return { line, key, address, label };
  } finally {
    overwriteRow(row);
  }
}

/** 0x and 40 hex digits, or the digits alone; a mixed case must be the right one. */
function readAddress({ bytes }: FieldBytes): string | undefined {
  // Looked at before it becomes a string: a column named by mistake may hold keys.
  if (bytes.length > 48) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').trim();
  const digits = /^(?:0x|\\x)?([0-9a-fA-F]{40})$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  try {
    return getAddress(`0x${digits}`);
  } catch {
    return undefined;
  }
}

function readLabel({ bytes }: FieldBytes): string | null | { readonly refusal: Refusal } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return { refusal: 'label_invalid' };
  }
  if (text === '') return null;
  if (looksSecret(text)) return { refusal: 'label_holds_secret' };
  return text.length > MAX_LABEL_CHARS || /\p{Cc}/u.test(text) ? { refusal: 'label_invalid' } : text;
}
