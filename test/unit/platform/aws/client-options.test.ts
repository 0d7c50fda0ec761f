import { createServer } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { AWS_MAX_CONNECTIONS, awsClientOptions } from '#shared/platform/aws/client-options.ts';

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

/** A service that answers everything with `{}`, nobody before so many have asked, and counts connections. */
async function countingService(firstCalls: number) {
  let connections = 0;
  let asked = 0;
  const enough = Promise.withResolvers<void>();
  const server = createServer(async (_request, response) => {
    asked += 1;
    if (asked === firstCalls) enough.resolve();
    await enough.promise;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end('{}');
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  const client = new DynamoDBClient({
    ...awsClientOptions(),
    endpoint: `http://127.0.0.1:${address.port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const close = () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { client, connections: () => connections, close };
}

it('calls one after the other share one connection', async () => {
  const { client, connections, close } = await countingService(1);
  for (let call = 0; call < 20; call += 1) await client.send(new ListTablesCommand({}));
  expect(connections()).toBe(1);
  close();
});

it('calls at once share a bounded pool of connections', async () => {
  const { client, connections, close } = await countingService(AWS_MAX_CONNECTIONS);
  await Promise.all(Array.from({ length: AWS_MAX_CONNECTIONS + 30 }, () => client.send(new ListTablesCommand({}))));
  expect(connections()).toBe(AWS_MAX_CONNECTIONS);
  close();
});
