import type { AnchorReader } from '#shared/audit/anchors/anchor-bucket.ts';
import { DIGEST_PREFIX, digestKey, digestNumber, signedDigestSchema } from '#shared/audit/anchors/digest.ts';
import { type Check, complete } from '../check.ts';
import { judgeAnchors } from '../judge-custody.ts';
import type { Thresholds } from '../thresholds.ts';

/** Watches that every day is anchored. A List of the digests, of which a day adds one and a page has a thousand, and a Get of the last. */
export function anchorsCheck(bucket: AnchorReader, { audit_anchor_late_minutes }: Thresholds): Check {
  async function anchoredThrough(): Promise<string | undefined> {
    const numbers = (await bucket.keys(DIGEST_PREFIX)).flatMap((key) => digestNumber(key) ?? []);
    if (numbers.length === 0) return undefined;
    const text = await bucket.get(digestKey(Math.max(...numbers)));
    return signedDigestSchema.parse(JSON.parse(text ?? 'null')).digest.through;
  }

  return {
    name: 'audit_anchors',
    async look(nowMs) {
      return complete(judgeAnchors(await anchoredThrough(), audit_anchor_late_minutes, nowMs));
    },
  };
}
