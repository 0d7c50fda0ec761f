import type { KeyObject } from 'node:crypto';
import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { AnchorReader } from '#shared/audit/anchors/anchor-bucket.ts';
import { type AnchorBreak, anchorBreak } from '#shared/audit/anchors/anchor-chain.ts';
import { readPart } from '#shared/audit/anchors/anchored-heads.ts';
import { type Digest, digestKey, digestNumber, partKey } from '#shared/audit/anchors/digest.ts';
import { parseSigned } from '#shared/audit/anchors/write-anchors.ts';
import type { AnchoredHead } from '#shared/audit/verify-stream.ts';

/** All that the anchors of a stage say. */
export interface AllAnchors {
  readonly count: number;
  /** Up to when entries are anchored, ISO 8601; null when there is no anchor. */
  readonly through: string | null;
  /** The first anchor that is not what it must be; those after it count for nothing. */
  readonly broken: AnchorBreak | null;
  readonly heads: ReadonlyMap<string, readonly AnchoredHead[]>;
}

/** How often each object is there, versions and delete markers together: once, unless somebody got around the locks. */
export async function countVersions(s3: S3Client, bucket: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  let after: { readonly KeyMarker?: string | undefined; readonly VersionIdMarker?: string | undefined } | undefined =
    {};
  while (after !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, ...after }),
    );
    for (const { Key = '' } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      counts.set(Key, (counts.get(Key) ?? 0) + 1);
    }
    after =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
  }
  return counts;
}

/**
 * Reads every anchor with all its parts, and checks each against the one before and the public key.
 *
 * @param versions how often each object of the bucket is there
 */
export async function readAnchors(
  reader: AnchorReader,
  versions: ReadonlyMap<string, number>,
  stage: string,
  publicKey: KeyObject,
): Promise<AllAnchors> {
  const heads = new Map<string, AnchoredHead[]>();
  const last = Math.max(0, ...[...versions.keys()].flatMap((key) => digestNumber(key) ?? []));
  let previous: Digest | undefined;
  const found = (broken: AnchorBreak | null): AllAnchors => ({
    count: previous?.number ?? 0,
    through: previous?.through ?? null,
    broken,
    heads,
  });
  for (let number = 1; number <= last; number += 1) {
    if ((versions.get(digestKey(number)) ?? 1) > 1) return found({ number, reason: 'replaced' });
    const text = await reader.get(digestKey(number));
    if (text === undefined) return found({ number, reason: 'missing' });
    const signed = parseSigned(text);
    const broken = anchorBreak(number, signed, previous, stage, publicKey);
    if (broken !== null || signed === undefined) return found(broken ?? { number, reason: 'unreadable' });
    for (const { sha256 } of signed.digest.parts) {
      if ((versions.get(partKey(sha256)) ?? 1) > 1) return found({ number, reason: 'replaced' });
      const part = await readPart(reader, sha256);
      if (typeof part === 'string') return found({ number, reason: part });
      for (const { stream, seq, hash } of part) {
        const known = heads.get(stream) ?? [];
        known.push({ seq, hash, anchor: number });
        heads.set(stream, known);
      }
    }
    previous = signed.digest;
  }
  return found(null);
}
