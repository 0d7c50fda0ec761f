import type { AnchoredHeads } from './anchored-heads.ts';

/** Where the anchors of a stage are. */
export interface AnchorPlace {
  readonly stage: string;
  readonly bucket: string;
  /** The key that signs them. */
  readonly keyArn: string;
}

/**
 * Anchored heads whose S3 and KMS clients are loaded when the first stream is looked up: few requests of a function that
 * can verify need them, and they would be a fifth of what each of its cold starts has to import.
 */
export function lazyAnchoredHeads(place: AnchorPlace): AnchoredHeads {
  let loaded: Promise<AnchoredHeads> | undefined;
  return {
    async of(stream, deadline) {
      loaded ??= load(place);
      return (await loaded).of(stream, deadline);
    },
  };
}

async function load({ stage, bucket, keyArn }: AnchorPlace): Promise<AnchoredHeads> {
  const [{ createAnchorReader }, { createPublicKeyReader }, { createAnchoredHeads }] = await Promise.all([
    import('./anchor-bucket.ts'),
    import('./anchor-key.ts'),
    import('./anchored-heads.ts'),
  ]);
  return createAnchoredHeads({
    stage,
    reader: createAnchorReader(bucket),
    publicKey: createPublicKeyReader(keyArn),
  });
}
