import { DecryptCommand, KMSClient, KMSServiceException } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { countKmsFailures } from '#shared/platform/aws/counted-kms.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

/** A client whose every call ends as said, before anything is sent. */
async function callThat(error: Error | undefined) {
  const { metrics, counts } = createRecordingMetrics();
  const client = countKmsFailures(new KMSClient({ region: 'eu-central-1' }), metrics);
  client.middlewareStack.add(
    () => async () => {
      if (error !== undefined) throw error;
      return { output: { $metadata: {} }, response: {} };
    },
    { step: 'initialize', priority: 'low', name: 'scripted' },
  );
  const failed = await client.send(new DecryptCommand({ CiphertextBlob: Buffer.from('a') })).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { failed, counts: counts() };
}

const refusal = (name: string) =>
  new KMSServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: 400 } });

it.each([
  ['throttled', refusal('ThrottlingException')],
  ['refused', refusal('AccessDeniedException')],
  ['asked for with a key that is disabled', refusal('DisabledException')],
  ['not answered', new Error('socket hang up')],
])('a call that was %s is counted, and its error let through', async (_how, error) => {
  expect(await callThat(error)).toEqual({ failed: error, counts: { KmsCallFailed: 1 } });
});

it.each(['InvalidCiphertextException', 'IncorrectKeyException', 'NotFoundException'])(
  '%s is a verdict on what was asked for, and no failure of KMS',
  async (name) => {
    expect((await callThat(refusal(name))).counts).toEqual({});
  },
);

it('a call that is answered is not counted', async () => {
  expect(await callThat(undefined)).toEqual({ failed: undefined, counts: {} });
});
