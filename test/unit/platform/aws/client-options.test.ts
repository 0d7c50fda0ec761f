import { createServer } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

/** Of an API function; API Gateway would wait for 29 s. */
const API_FUNCTION_TIMEOUT_MS = 15_000;

it('all attempts of an AWS call fit into the time that an API function has', () => {
  const { maxAttempts, requestHandler } = awsClientOptions();
  const longestMs = maxAttempts * (requestHandler.connectionTimeout + requestHandler.requestTimeout);
  expect(maxAttempts).toBeGreaterThan(1);
  expect(longestMs).toBeLessThan(API_FUNCTION_TIMEOUT_MS);
});

it('a call that is accepted and never answered is given up, not only complained about', async () => {
  let asked = 0;
  const silent = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  const { requestHandler } = awsClientOptions();
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${address.port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { ...requestHandler, requestTimeout: 50 },
  });
  await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(asked).toBe(1);
  client.destroy();
  silent.closeAllConnections();
  silent.close();
});
