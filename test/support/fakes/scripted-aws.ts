import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createCountdown } from './countdown.ts';

/** A request as it went over the wire. */
export interface SentRequest {
  /** The operation's name: `TransactWriteItems`. */
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer in the AWS JSON protocol; an error has its `__type` in the body. */
export interface ScriptedAnswer {
  /** 200 unless said otherwise. */
  readonly status?: number;
  readonly body: object;
}

/** Says what the service answers: from a list, in its order, or by the request. An Error is a broken connection. */
export type Script = readonly (ScriptedAnswer | Error)[] | ((request: SentRequest) => ScriptedAnswer | Error);

/** The far end of an AWS client: everything above HTTP is the real SDK. */
export interface ScriptedAws {
  readonly requests: readonly SentRequest[];
  /** Resolves when that many requests have come in all: for work that a test cannot await. */
  received(count: number): Promise<void>;
  readonly requestHandler: {
    handle(request: { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }): Promise<{
      response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
    }>;
    updateHttpClientConfig(): void;
    httpHandlerConfigs(): Record<string, never>;
  };
}

const bodySchema = z.record(z.string(), z.unknown());

/** Makes a far end that follows a script; a request beyond a list's end is a failure of the test. */
export function createScriptedAws(script: Script): ScriptedAws {
  const requests: SentRequest[] = [];
  const arrivals = createCountdown();
  const next = (request: SentRequest): ScriptedAnswer | Error => {
    if (typeof script === 'function') return script(request);
    return script[requests.length - 1] ?? new Error(`Unscripted request ${requests.length}: ${request.operation}`);
  };
  return {
    requests,
    received: arrivals.reached,
    requestHandler: {
      async handle({ headers, body }) {
        const operation = headers['x-amz-target']?.split('.').at(-1) ?? 'unknown';
        const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
        const request = { operation, body: bodySchema.parse(JSON.parse(text)) };
        requests.push(request);
        arrivals.count();
        const answer = next(request);
        if (answer instanceof Error) throw answer;
        return {
          response: {
            statusCode: answer.status ?? 200,
            headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'request-1' },
            body: new TextEncoder().encode(JSON.stringify(answer.body)),
          },
        };
      },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
  };
}

const offline = (aws: ScriptedAws, maxAttempts: number) => ({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts,
  requestHandler: aws.requestHandler,
});

/**
 * The product's DynamoDB client with a scripted far end.
 *
 * @param maxAttempts of the SDK's own retry; 1 keeps it out of the way
 */
export function scriptedDocumentClient(aws: ScriptedAws, maxAttempts = 1): DynamoDBDocumentClient {
  return createDocumentClient(new DynamoDBClient(offline(aws, maxAttempts)));
}

/** A Secrets Manager client with a scripted far end. */
export function scriptedSecretsClient(aws: ScriptedAws): SecretsManagerClient {
  return new SecretsManagerClient(offline(aws, 1));
}

/** An SQS client with a scripted far end. */
export function scriptedSqsClient(aws: ScriptedAws): SQSClient {
  return new SQSClient(offline(aws, 1));
}

/** By what SQS shows that it has, or gives, a body as it was: the SDK's client refuses another one. */
export function md5Hex(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** One of DynamoDB's reasons for cancelling a transaction, as on the wire. */
export interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  /** In DynamoDB's attribute notation. */
  readonly Item?: Readonly<Record<string, unknown>>;
}

/** DynamoDB's answer to a transaction that it cancelled: one reason per item of the transaction. */
export function cancelled(reasons: readonly CancellationReason[] | undefined): ScriptedAnswer {
  return dynamoError('TransactionCanceledException', {
    Message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
    ...(reasons === undefined ? {} : { CancellationReasons: reasons }),
  });
}

/** DynamoDB's answer to a condition that failed, with the item that failed it. */
export function conditionFailed(item?: Readonly<Record<string, unknown>>): ScriptedAnswer {
  return dynamoError('ConditionalCheckFailedException', {
    message: 'The conditional request failed',
    ...(item === undefined ? {} : { Item: item }),
  });
}

/** An error answer of DynamoDB by its name. */
export function dynamoError(name: string, fields: object = { message: 'no' }, status = 400): ScriptedAnswer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, ...fields } };
}
