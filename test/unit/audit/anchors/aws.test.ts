import { generateKeyPairSync } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createAnchorBucket } from '#shared/audit/anchors/anchor-bucket.ts';
import { createPublicKeyReader } from '#shared/audit/anchors/anchor-key.ts';
import { type Digest, digestHash } from '#shared/audit/anchors/digest.ts';
import { createDigestSigner } from '#shared/audit/anchors/digest-signer.ts';
import { scriptedKmsClient } from '#test/support/fakes/fake-kms.ts';
import { createScriptedAws } from '#test/support/fakes/scripted-aws.ts';

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The product's S3 client with a far end that gives these answers, in their order. */
function scriptedS3(...answers: readonly { readonly status: number; readonly xml?: string }[]) {
  const seen: SeenRequest[] = [];
  const requestHandler = {
    async handle(request: SeenRequest) {
      seen.push(request);
      const { status, xml = '' } = answers[seen.length - 1] ?? { status: 500 };
      const body = new Blob([xml]).stream();
      return { response: { statusCode: status, headers: { 'content-type': 'application/xml' }, body } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const s3 = new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler,
  });
  return { seen, bucket: createAnchorBucket('anchors', s3) };
}

const problem = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;

describe('the bucket of anchors', () => {
  it('adds an object only if there is none of its name', async () => {
    const { seen, bucket } = scriptedS3({ status: 200 });
    expect(await bucket.putIfAbsent('digests/00000001.json', '{}')).toBe(true);
    expect(seen[0]).toMatchObject({ method: 'PUT', path: '/digests/00000001.json', headers: { 'if-none-match': '*' } });
  });

  it.each([
    ['is there', 412, 'PreconditionFailed'],
    ['is just being added', 409, 'ConditionalRequestConflict'],
  ])('gives way to one that %s', async (_what, status, code) => {
    const { bucket } = scriptedS3({ status, xml: problem(code) });
    expect(await bucket.putIfAbsent('parts/x', '')).toBe(false);
  });

  it('passes on every other refusal', async () => {
    const { bucket } = scriptedS3(
      { status: 403, xml: problem('AccessDenied') },
      { status: 403, xml: problem('AccessDenied') },
    );
    await expect(bucket.putIfAbsent('parts/x', '')).rejects.toThrow('no');
    await expect(bucket.get('parts/x')).rejects.toThrow('no');
  });

  it('says of an object that is not there that it is not', async () => {
    const { bucket } = scriptedS3({ status: 404, xml: problem('NoSuchKey') }, { status: 200, xml: 'text' });
    expect(await bucket.get('parts/x')).toBeUndefined();
    expect(await bucket.get('parts/x')).toBe('text');
  });

  it('lists keys page by page, after one that is known', async () => {
    const page = (key: string, next: string) =>
      `<ListBucketResult><Contents><Key>${key}</Key></Contents>${next}</ListBucketResult>`;
    const { seen, bucket } = scriptedS3(
      { status: 200, xml: page('digests/2', '<NextContinuationToken>t</NextContinuationToken>') },
      { status: 200, xml: page('digests/3', '') },
    );
    expect(await bucket.keys('digests/', 'digests/1')).toEqual(['digests/2', 'digests/3']);
    expect(seen.map(({ query }) => [query['prefix'], query['start-after'], query['continuation-token']])).toEqual([
      ['digests/', 'digests/1', undefined],
      ['digests/', 'digests/1', 't'],
    ]);
  });
});

describe('the anchor key', () => {
  const digest: Digest = {
    version: 1,
    stage: 'test',
    number: 1,
    from: '2026-11-21T00:00:00.000Z',
    through: '2026-11-22T00:00:00.000Z',
    anchored_at: '2026-11-22T00:10:00.000Z',
    previous: null,
    streams: 0,
    part_bits: 0,
    parts: [],
  };

  it('signs the hash of the canonical digest, and nothing longer leaves', async () => {
    const aws = createScriptedAws([{ body: { Signature: Buffer.from('signature').toString('base64') } }]);
    const signed = await createDigestSigner('arn:key', scriptedKmsClient(aws))(digest);
    expect(aws.requests).toEqual([
      {
        operation: 'Sign',
        body: {
          KeyId: 'arn:key',
          Message: Buffer.from(digestHash(digest), 'hex').toString('base64'),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        },
      },
    ]);
    expect(signed).toMatchObject({ digest, key: 'arn:key', signature: Buffer.from('signature').toString('base64') });
  });

  it('has a public half, which KMS is asked for once', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const aws = createScriptedAws([{ body: { PublicKey: der.toString('base64') } }]);
    const read = createPublicKeyReader('arn:key', scriptedKmsClient(aws));
    expect((await read()).equals(publicKey)).toBe(true);
    expect((await read()).equals(publicKey)).toBe(true);
  });

  it('that KMS does not show is an error', async () => {
    const client = scriptedKmsClient(createScriptedAws([{ body: {} }, { body: {} }]));
    await expect(createPublicKeyReader('arn:key', client)()).rejects.toThrow('left out');
    await expect(createDigestSigner('arn:key', client)(digest)).rejects.toThrow('left out');
  });
});
