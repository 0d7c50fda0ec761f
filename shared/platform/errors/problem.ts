import * as z from 'zod';
import { type ErrorCode, errorCatalogue } from './catalogue.ts';
import { HavenError } from './haven-error.ts';

/** The media type of RFC 9457. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The body of every error answer, made by Haven or by API Gateway. */
export const problemSchema = z
  .object({
    type: z.string().describe('A URN that names the error code.'),
    title: z.string().describe('The short, constant title of the code.'),
    status: z.number().int().describe('The HTTP status.'),
    error: z.string().describe('The stable error code.'),
    message: z.string().describe('What went wrong, for developers.'),
    user_message: z.string().describe('What went wrong, safe to show to an end user.'),
    error_id: z.string().describe('Names this one occurrence in the logs.'),
    request_id: z.string().describe('The request that failed.'),
    timestamp: z.string().describe('When it failed: ISO 8601, UTC.'),
    details: z.record(z.string(), z.unknown()).describe('Facts about the failure, such as the fields at fault.'),
  })
  .meta({ id: 'Problem' });

/** A problem document (RFC 9457) with Haven's extension members. */
export type Problem = z.output<typeof problemSchema>;

/** What a problem document needs to know of the request. */
export interface ProblemContext {
  readonly errorId: string;
  readonly requestId: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

/**
 * The URN of a code: the `type` member of a problem document.
 *
 * @param code a code of the catalogue
 */
export function problemType(code: ErrorCode): string {
  return `urn:haven:error:${code}`;
}

/**
 * Turns anything thrown into the error a client may see: a HavenError as it is, all else as `INTERNAL` with its
 * own text kept as the cause only.
 *
 * @param thrown what was caught
 */
export function toHavenError(thrown: unknown): HavenError {
  if (thrown instanceof HavenError) return thrown;
  return new HavenError('INTERNAL', 'An unexpected error occurred. Quote error_id to support.', { cause: thrown });
}

/**
 * Builds the problem document of an error.
 *
 * @param error an expected error
 * @param context the request it belongs to
 */
export function toProblem(error: HavenError, context: ProblemContext): Problem {
  const entry = errorCatalogue[error.code];
  return {
    type: problemType(error.code),
    title: entry.title,
    status: entry.status,
    error: error.code,
    message: error.message,
    user_message: entry.userMessage,
    error_id: context.errorId,
    request_id: context.requestId,
    timestamp: context.timestamp,
    details: { ...error.details },
  };
}
