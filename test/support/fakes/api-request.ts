import type { Context } from 'aws-lambda';

/** What a test varies of a request; the rest is a plain GET without a body. */
export interface TestRequest {
  readonly method?: string;
  /** The route's template below the base path: `/things/{id}`. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON with its content type, unless it is a string: that is sent as it is. */
  readonly body?: unknown;
  /** The authorizer's scopes, separated by spaces; absent: the request passed no authorizer. */
  readonly scopes?: string;
  readonly principalId?: string;
  /** Of an API key, as the authorizer passes it on. */
  readonly kin?: { readonly line?: string; readonly makers?: string };
  readonly sourceAddress?: string;
}

/** The request id of every test request. */
export const TEST_REQUEST_ID = 'request-1';

/** A REST proxy event of API Gateway. */
export function apiEvent(request: TestRequest): unknown {
  const isText = typeof request.body === 'string';
  return {
    httpMethod: request.method ?? 'GET',
    resource: `/v1${request.path}`,
    headers: {
      ...(request.body === undefined || isText ? {} : { 'Content-Type': 'application/json' }),
      ...request.headers,
    },
    pathParameters: request.params ?? null,
    multiValueQueryStringParameters: request.query ?? null,
    body: request.body === undefined ? null : isText ? request.body : JSON.stringify(request.body),
    isBase64Encoded: false,
    requestContext: {
      requestId: TEST_REQUEST_ID,
      identity: { sourceIp: request.sourceAddress ?? '203.0.113.7' },
      authorizer:
        request.scopes === undefined
          ? undefined
          : {
              principalId: request.principalId ?? 'key_tester',
              name: 'tester',
              scopes: request.scopes,
              ...request.kin,
            },
    },
  };
}

/**
 * A Lambda context.
 *
 * @param remainingMs the time the function has left
 */
export function lambdaContext(remainingMs = 10_000): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'test',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:test',
    memoryLimitInMB: '128',
    awsRequestId: 'invocation-1',
    logGroupName: 'test',
    logStreamName: 'test',
    getRemainingTimeInMillis: () => remainingMs,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
