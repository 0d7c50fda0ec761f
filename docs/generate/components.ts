import type { ZodOpenApiComponentsObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { type ErrorCode, errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { PROBLEM_CONTENT_TYPE, problemSchema } from '#shared/platform/errors/problem.ts';
import { ALL_CODES, exampleProblem } from './error-codes.ts';

/** How a client shows who it is. */
export const SECURITY_SCHEME = 'apiKey';

const headers = {
  'X-Request-Id': {
    description: 'Names this request in the logs. Quote it to support.',
    schema: { type: 'string' as const },
  },
  'RateLimit-Policy': {
    description: 'The quota that applies: its class, requests (q) and window in seconds (w).',
    schema: { type: 'string' as const, examples: ['"write";q=600;w=60'] },
  },
  RateLimit: {
    description: 'What is left of the quota: requests (r) and seconds until it is full again (t).',
    schema: { type: 'string' as const, examples: ['"write";r=599;t=1'] },
  },
  ETag: {
    description: 'The version of what is answered, for If-Match.',
    schema: { type: 'string' as const, examples: ['"v1"'] },
  },
  'Cache-Control': {
    description: 'How many seconds you may keep the answer. Where it is not said, nothing may be kept.',
    schema: { type: 'string' as const, examples: ['private, max-age=5'] },
  },
  'Idempotent-Replayed': {
    description: 'Present when this is the stored answer to an earlier request with the same Idempotency-Key.',
    schema: { type: 'string' as const, enum: ['true'] },
  },
  'Retry-After': {
    description: 'Seconds after which to try again.',
    schema: { type: 'integer' as const, minimum: 1 },
  },
};

/** 32 random bytes in base64url. */
const TOKEN_SCHEMA = {
  type: 'string' as const,
  pattern: '^[A-Za-z0-9_-]{43}$',
  examples: ['the-token-that-came-with-your-cart-or-order'],
};

const parameters = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header' as const,
    required: true,
    description:
      'A key of your own for this one intent: a UUID, or your reference for it. ' +
      'A repeat with the same key and body is answered as the first, for 24 hours.',
    schema: {
      type: 'string' as const,
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x21-\\x7e]+$',
      examples: ['payout-2026-11-21-0001'],
    },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header' as const,
    required: false,
    description:
      'The ETag of the version you have seen. The change is refused with 412 when there is a newer one. ' +
      'Without it, or with *, any version is changed.',
    schema: { type: 'string' as const, pattern: '^(\\*|"v\\d{1,9}")$', examples: ['"v1"'] },
  },
  'X-Cart-Token': {
    name: 'X-Cart-Token',
    in: 'header' as const,
    required: true,
    description:
      'The token that was given when the cart was made. Without it, or with another one, there is no such cart.',
    schema: TOKEN_SCHEMA,
  },
  'X-Order-Token': {
    name: 'X-Order-Token',
    in: 'header' as const,
    required: false,
    description:
      'The token that was given when the order was made. Who has neither it nor a key that may read orders is told that there is no such order.',
    schema: TOKEN_SCHEMA,
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header' as const,
    required: false,
    description: 'The ETag of what you have. Is it the newest still, the answer is 304, without a body.',
    schema: { type: 'string' as const, examples: ['"v1"'] },
  },
};

/** References to headers that many answers have. */
export function headerRefs(...names: readonly (keyof typeof headers)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A reference to a parameter that many operations have. */
export function parameterRef(name: keyof typeof parameters) {
  return { $ref: `#/components/parameters/${name}` };
}

/** The answer to errors of one HTTP status. */
export function errorResponse(status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorCatalogue[code].title}.`).join('\n'),
    headers: {
      ...headerRefs('X-Request-Id'),
      ...(status === 429 ? headerRefs('RateLimit-Policy', 'RateLimit') : {}),
      ...(status === 429 || status === 503 ? headerRefs('Retry-After') : {}),
    },
    content: {
      [PROBLEM_CONTENT_TYPE]: {
        schema: problemSchema,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/**
 * The components that the routes don't declare themselves.
 *
 * @param codes the errors that any operation can answer
 * @param alone those among them that are the only one of their status for some operation: their answer is shared
 */
export function sharedComponents(
  codes: ReadonlySet<ErrorCode>,
  alone: ReadonlySet<ErrorCode>,
): ZodOpenApiComponentsObject {
  return {
    securitySchemes: {
      [SECURITY_SCHEME]: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'hvn_<live|test>_<id>_<secret>, or a JSON Web Token',
        description:
          'An API key, shown once when it is issued; or, for operators, a JSON Web Token of the issuer that the stage names, ' +
          'whose roles stand for scopes. Each operation names the scope that it needs.',
      },
    },
    headers,
    parameters,
    responses: Object.fromEntries(
      ALL_CODES.filter((code) => alone.has(code)).map((code) => [
        code,
        errorResponse(errorCatalogue[code].status, [code]),
      ]),
    ),
    examples: Object.fromEntries(
      ALL_CODES.filter((code) => codes.has(code)).map((code) => [
        code,
        { summary: errorCatalogue[code].title, value: exampleProblem(code) },
      ]),
    ),
  };
}
