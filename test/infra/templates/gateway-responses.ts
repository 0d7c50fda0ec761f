import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type ErrorCode, errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { PROBLEM_CONTENT_TYPE, problemSchema, problemType } from '#shared/platform/errors/problem.ts';
import { SECURITY_HEADERS } from '#shared/platform/http/headers.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';

const responseSchema = z.object({
  ResponseType: z.string(),
  StatusCode: z.string(),
  ResponseParameters: z.record(z.string(), z.string()),
  ResponseTemplates: z.record(z.string(), z.string()),
});

/**
 * What each refusal of API Gateway must be in Haven's catalogue; what isn't named falls under a default
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).
 */
const EXPECTED: Readonly<Record<string, ErrorCode>> = {
  UNAUTHORIZED: 'UNAUTHENTICATED',
  ACCESS_DENIED: 'FORBIDDEN',
  WAF_FILTERED: 'FORBIDDEN',
  MISSING_AUTHENTICATION_TOKEN: 'NOT_FOUND',
  INVALID_SIGNATURE: 'NOT_FOUND',
  RESOURCE_NOT_FOUND: 'NOT_FOUND',
  THROTTLED: 'RATE_LIMITED',
  QUOTA_EXCEEDED: 'RATE_LIMITED',
  REQUEST_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  BAD_REQUEST_BODY: 'INVALID_PARAMETER',
  BAD_REQUEST_PARAMETERS: 'INVALID_PARAMETER',
  DEFAULT_4XX: 'INVALID_PARAMETER',
  AUTHORIZER_FAILURE: 'INTERNAL',
  INTEGRATION_TIMEOUT: 'OUTCOME_UNKNOWN',
  INTEGRATION_FAILURE: 'OUTCOME_UNKNOWN',
  DEFAULT_5XX: 'INTERNAL',
};

const HEADER = 'gatewayresponse.header.';

describe.each(ALL_STAGES)('the errors that API Gateway makes in %s', (stage) => {
  const responses = templatesOf(stage)
    .all('AWS::ApiGateway::GatewayResponse', responseSchema)
    .map(({ properties }) => properties);
  const bodyOf = (template: string | undefined) =>
    problemSchema.strict().parse(JSON.parse((template ?? '').replaceAll('$context.requestId', 'c6af9ac6-7b61')));

  it('are all given a form', () => {
    expect(responses.map(({ ResponseType }) => ResponseType).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('tell of %s as a problem with the status of %s', (type, code) => {
    const response = responses.find(({ ResponseType }) => ResponseType === type);
    const { status, title, userMessage } = errorCatalogue[code];
    expect(Object.keys(response?.ResponseTemplates ?? {})).toEqual(['application/json']);
    expect(bodyOf(response?.ResponseTemplates['application/json'])).toMatchObject({
      type: problemType(code),
      title,
      status,
      error: code,
      user_message: userMessage,
      error_id: 'c6af9ac6-7b61',
      request_id: 'c6af9ac6-7b61',
      details: {},
    });
    expect(response?.StatusCode).toBe(String(status));
  });

  it('carry the headers of every answer, in values that API Gateway can hold', () => {
    for (const { ResponseType, ResponseParameters } of responses) {
      for (const [name, value] of Object.entries(ResponseParameters)) {
        expect(name.startsWith(HEADER), name).toBe(true);
        // A static value ends at its first inner quote, and the whole deployment fails.
        expect(value).toMatch(/^('[^']+'|context\.requestId)$/);
      }
      const names = Object.keys(ResponseParameters).map((name) => name.slice(HEADER.length));
      const wanted = [...Object.keys(SECURITY_HEADERS), 'Content-Type', 'X-Request-Id'];
      expect([ResponseType, wanted.filter((name) => !names.includes(name))]).toEqual([ResponseType, []]);
      expect(ResponseParameters[`${HEADER}Content-Type`]).toBe(`'${PROBLEM_CONTENT_TYPE}'`);
    }
  });

  it('say when to come back, where that helps', () => {
    const waiting = responses.filter(({ ResponseParameters }) => `${HEADER}Retry-After` in ResponseParameters);
    expect(waiting.map(({ ResponseType }) => ResponseType).sort()).toEqual(['QUOTA_EXCEEDED', 'THROTTLED']);
  });
});
