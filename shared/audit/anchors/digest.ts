import { createHash, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson, sha256Hex } from '#shared/platform/canonical-json.ts';
import { streamBits } from '../index-attributes.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** What an anchor says. It is signed in its canonical form, so it holds no number that isn't a whole one. */
export const digestSchema = z.strictObject({
  version: z.literal(1),
  stage: z.string(),
  /** 1, 2, 3, … without a gap. */
  number: z.number().int().positive(),
  /** ISO 8601, UTC: entries of this instant and later are in it, … */
  from: z.iso.datetime(),
  /** … up to this one, which the next digest begins with. */
  through: z.iso.datetime(),
  anchored_at: z.iso.datetime(),
  /** The hash of the digest before; null in the first. */
  previous: sha256Schema.nullable(),
  /** Streams that had entries in that time. */
  streams: z.number().int().nonnegative(),
  /** Which part a stream is in: that many leading bits of the hash of its name. */
  part_bits: z.number().int().min(0).max(16),
  /** The parts that are not empty, in order. */
  parts: z.array(z.strictObject({ part: z.number().int().nonnegative(), sha256: sha256Schema })),
});

/** What an anchor says. */
export type Digest = z.output<typeof digestSchema>;

/** An anchor as it is stored: its digest, signed. */
export const signedDigestSchema = z.strictObject({
  digest: digestSchema,
  algorithm: z.literal('ECDSA_SHA_256'),
  /** ARN of the KMS key. Tells where to ask for the public key; nothing relies on it. */
  key: z.string(),
  /** DER, base64. */
  signature: z.base64(),
});

/** An anchor as it is stored. */
export type SignedDigest = z.output<typeof signedDigestSchema>;

/** Where a stream ended. */
export interface StreamHead {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

/** Streams to a part: about 150 KB, so that to look one stream up in a year of anchors is some megabytes. */
const STREAMS_PER_PART = 1_000;
const MAX_PART_BITS = 12;
const NUMBER_DIGITS = 8;

/** Under which digests are stored. */
export const DIGEST_PREFIX = 'digests/';

/** Where a digest is stored. The number decides, so that two runs can't both make the next one. */
export function digestKey(number: number): string {
  return `${DIGEST_PREFIX}${String(number).padStart(NUMBER_DIGITS, '0')}.json`;
}

/** The number of the digest that a key is of; undefined when it is of none. */
export function digestNumber(key: string): number | undefined {
  const digits = /^digests\/(\d{8})\.json$/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where a part is stored. Its content decides: what an interrupted run has left is never in the way. */
export function partKey(sha256: string): string {
  return `parts/${sha256}.jsonl`;
}

/** The hash of a digest: what is signed, and what the next one holds. */
export function digestHash(digest: Digest): string {
  return sha256Hex(canonicalJson(digest));
}

/** Whether a digest is signed by the owner of a public key. */
export function isSigned({ digest, signature }: SignedDigest, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return verify('sha256', Buffer.from(canonicalJson(digest), 'utf8'), { key: publicKey, dsaEncoding: 'der' }, bytes);
}

/** The bytes that KMS signs: the SHA-256 of a digest's canonical form. */
export function signedBytes(digest: Digest): Uint8Array {
  return createHash('sha256').update(canonicalJson(digest), 'utf8').digest();
}

/** A part: its place and what it says. */
export interface Part {
  readonly part: number;
  readonly text: string;
  readonly sha256: string;
}

/** Divides heads into parts by their streams' names. */
export function partsOf(heads: readonly StreamHead[]): { readonly partBits: number; readonly parts: readonly Part[] } {
  const wanted = Math.ceil(Math.log2(Math.max(1, heads.length / STREAMS_PER_PART)));
  const partBits = Math.min(wanted, MAX_PART_BITS);
  const byPart = Map.groupBy(heads, ({ stream }) => streamBits(stream, partBits));
  const parts = [...byPart]
    .sort(([one], [other]) => one - other)
    .map(([part, members]) => {
      const text = partText(members);
      return { part, text, sha256: sha256Hex(text) };
    });
  return { partBits, parts };
}

/** The part of a digest that has a stream, if any has. */
export function partWith({ part_bits, parts }: Digest, stream: string): Digest['parts'][number] | undefined {
  const wanted = streamBits(stream, part_bits);
  return parts.find(({ part }) => part === wanted);
}

/** One line per stream, in the order of their names: `["wal_…",12,"<hash>"]`. */
function partText(heads: readonly StreamHead[]): string {
  return [...heads]
    .sort((one, other) => (one.stream < other.stream ? -1 : 1))
    .map(({ stream, seq, hash }) => `${JSON.stringify([stream, seq, hash])}\n`)
    .join('');
}

const lineSchema = z.tuple([z.string(), z.number().int().positive(), sha256Schema]);

/**
 * Reads a part.
 *
 * @throws ZodError, SyntaxError when it isn't one
 */
export function parsePart(text: string): readonly StreamHead[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [stream, seq, hash] = lineSchema.parse(JSON.parse(line));
      return { stream, seq, hash };
    });
}
