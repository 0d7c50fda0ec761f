import * as z from 'zod';
import { type Problem, problemSchema } from '#shared/platform/errors/problem.ts';
import type { RawResponse } from './transport.ts';

/** What names the error in an answer that isn't a whole problem document. */
const errorOnly = z.object({ error: z.string() });

/** The API answered, but not with success. */
export class HavenApiError extends Error {
  readonly status: number;
  /** A code of the error catalogue; `HTTP_<status>` when the answer names none, as one by a proxy does. */
  readonly code: string;
  /** The problem document; undefined when the answer isn't one. */
  readonly problem: Problem | undefined;
  /** Names the request in Haven's logs; undefined when the answer doesn't tell. */
  readonly requestId: string | undefined;
  /** What was answered, whatever it is. */
  readonly body: unknown;

  constructor(operation: string, { status, headers, body }: RawResponse) {
    const problem = problemSchema.safeParse(body).data;
    const code = problem?.error ?? errorOnly.safeParse(body).data?.error ?? `HTTP_${status}`;
    super(`${operation} answered ${status} ${code}${problem === undefined ? '' : `: ${problem.message}`}`);
    this.name = 'HavenApiError';
    this.status = status;
    this.code = code;
    this.problem = problem;
    this.requestId = problem?.request_id ?? headers.get('x-request-id') ?? undefined;
    this.body = body;
  }
}

/**
 * No answer came: the request may have had its effect or not. To find out, repeat it with the same idempotency key,
 * which is here for that.
 */
export class HavenConnectionError extends Error {
  /** The Idempotency-Key of the request, if it had one. */
  readonly idempotencyKey: string | undefined;

  constructor(operation: string, idempotencyKey: string | undefined, cause: unknown) {
    super(`${operation} was not answered`, { cause });
    this.name = 'HavenConnectionError';
    this.idempotencyKey = idempotencyKey;
  }
}

/** The API answered with success, but not what the route declares: client and API are of different versions. */
export class UnexpectedAnswer extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation} answered something that its route does not declare`, { cause });
    this.name = 'UnexpectedAnswer';
  }
}
