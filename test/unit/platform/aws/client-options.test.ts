import { expect, it } from 'vitest';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const API_GATEWAY_TIMEOUT_MS = 29_000;

it('all attempts of an AWS call fit into the time that API Gateway waits', () => {
  const { maxAttempts, requestHandler } = awsClientOptions();
  const longestMs = maxAttempts * (requestHandler.connectionTimeout + requestHandler.requestTimeout);
  expect(maxAttempts).toBeGreaterThan(1);
  expect(longestMs).toBeLessThan(API_GATEWAY_TIMEOUT_MS);
});
