import * as z from 'zod';

const strings = z.record(z.string(), z.string().optional()).nullish();

/**
 * The part of API Gateway's REST proxy event that Haven reads
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
 */
export const apiEventSchema = z.object({
  httpMethod: z.string(),
  /** The route's template, with `{parameters}`. */
  resource: z.string(),
  headers: strings,
  pathParameters: strings,
  multiValueQueryStringParameters: z.record(z.string(), z.array(z.string()).optional()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
  requestContext: z.object({
    requestId: z.string(),
    identity: z.object({ sourceIp: z.string() }),
    authorizer: z.unknown().optional(),
  }),
});

/** A request as API Gateway hands it over. */
export type ApiEvent = z.output<typeof apiEventSchema>;

/** The answer that API Gateway expects. */
export interface ApiResponse {
  readonly statusCode: number;
  headers: Record<string, string>;
  readonly body: string;
}
