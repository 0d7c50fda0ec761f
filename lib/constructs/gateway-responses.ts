import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { type ErrorCode, errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { PROBLEM_CONTENT_TYPE, problemType } from '#shared/platform/errors/problem.ts';
import { SECURITY_HEADERS } from '#shared/platform/http/headers.ts';

const { ResponseType } = apigateway;

/** A function that was cut off may have done its work: a client must be able to tell this from a failure. */
const OUTCOME_UNKNOWN =
  'No answer in time; it may have taken effect. Repeat it with the same Idempotency-Key to find out';

/** What API Gateway's own refusals mean in Haven's catalogue, with a message for developers. */
const RESPONSES: readonly (readonly [apigateway.ResponseType, ErrorCode, string])[] = [
  [ResponseType.UNAUTHORIZED, 'UNAUTHENTICATED', 'The API key or token is missing or not valid'],
  [
    ResponseType.ACCESS_DENIED,
    'FORBIDDEN',
    'These credentials may not be used from this address, or have no role here',
  ],
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, 'NOT_FOUND', 'There is no such route'],
  // Where there is no route the gateway takes an Authorization header for an AWS signature, and a bearer token for a bad one.
  [ResponseType.INVALID_SIGNATURE, 'NOT_FOUND', 'There is no such route'],
  [ResponseType.RESOURCE_NOT_FOUND, 'NOT_FOUND', 'There is no such route'],
  [ResponseType.THROTTLED, 'RATE_LIMITED', 'Too many requests'],
  [ResponseType.QUOTA_EXCEEDED, 'RATE_LIMITED', 'Too many requests'],
  [ResponseType.REQUEST_TOO_LARGE, 'PAYLOAD_TOO_LARGE', 'The request is too large'],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'UNSUPPORTED_MEDIA_TYPE', 'The media type is not supported'],
  [ResponseType.WAF_FILTERED, 'FORBIDDEN', 'The request was refused at the edge'],
  [ResponseType.BAD_REQUEST_BODY, 'INVALID_PARAMETER', 'The body is not valid'],
  [ResponseType.BAD_REQUEST_PARAMETERS, 'INVALID_PARAMETER', 'A parameter is not valid'],
  [ResponseType.DEFAULT_4XX, 'INVALID_PARAMETER', 'The request was refused'],
  [ResponseType.AUTHORIZER_FAILURE, 'INTERNAL', 'Authentication could not be decided'],
  [ResponseType.INTEGRATION_TIMEOUT, 'OUTCOME_UNKNOWN', OUTCOME_UNKNOWN],
  [ResponseType.INTEGRATION_FAILURE, 'OUTCOME_UNKNOWN', OUTCOME_UNKNOWN],
  [ResponseType.DEFAULT_5XX, 'INTERNAL', 'An unexpected error occurred'],
];

/** A client that is throttled at the gateway waits this long, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Gives the errors that API Gateway makes itself the form of all others (RFC 9457). Its templates know no ISO time, so
 * `timestamp` is in the gateway's own format there (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html).
 */
export function addGatewayResponses(api: apigateway.RestApi): void {
  for (const [type, code, message] of RESPONSES) {
    const { status, title, userMessage } = errorCatalogue[code];
    const headers = {
      ...SECURITY_HEADERS,
      // Static values stand in single quotes and can't hold any; this directive needs none and allows as little.
      'Content-Security-Policy': 'sandbox',
      'Content-Type': PROBLEM_CONTENT_TYPE,
      ...(status === 429 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {}),
    };
    const body = {
      type: problemType(code),
      title,
      status,
      error: code,
      message,
      user_message: userMessage,
      error_id: '$context.requestId',
      request_id: '$context.requestId',
      timestamp: '$context.requestTime',
      details: {},
    };
    api.addGatewayResponse(`Gateway-${type.responseType}`, {
      type,
      statusCode: String(status),
      responseHeaders: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`])),
        'X-Request-Id': 'context.requestId',
      },
      templates: { 'application/json': JSON.stringify(body) },
    });
  }
}
