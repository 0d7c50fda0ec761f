import { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { Metrics } from '../metrics.ts';
import { AWS_MAX_ATTEMPTS, awsClientOptions } from './client-options.ts';

const namedSchema = z.object({ name: z.string() });

/** Verdicts on what was asked for, not on KMS: a ciphertext that is not its own, and a key so young that not all of KMS knows it. */
const VERDICTS = ['IncorrectKeyException', 'InvalidCiphertextException', 'NotFoundException'];

/**
 * A KMS client that counts the calls that KMS failed, as `KmsCallFailed`: KMS itself publishes only those that succeed
 * (https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html). What the SDK tries again and gets counts as none.
 *
 * @param maxAttempts 1 for calls that must not be made twice
 */
export function countedKms(metrics: Metrics, maxAttempts = AWS_MAX_ATTEMPTS): KMSClient {
  return countKmsFailures(new KMSClient({ ...awsClientOptions(), maxAttempts }), metrics);
}

/** Counts from now on the calls that a client makes and KMS fails; returns the client. */
export function countKmsFailures(client: KMSClient, metrics: Metrics): KMSClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const name = namedSchema.safeParse(error).data?.name ?? '';
        if (!VERDICTS.includes(name)) metrics.count('KmsCallFailed');
        throw error;
      }
    },
    { step: 'initialize', name: 'havenCountedKms', override: true },
  );
  return client;
}
