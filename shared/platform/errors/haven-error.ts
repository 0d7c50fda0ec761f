import { type ErrorCode, errorCatalogue } from './catalogue.ts';

/** Facts about an error that a client may see: JSON values only, never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What an error carries besides its code and message. */
export interface HavenErrorOptions {
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
  /** When to try again, in seconds; becomes the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
}

/**
 * An expected failure. Only these reach a client with their own message; anything else becomes `INTERNAL`.
 * The message is for developers and must be safe to show: no secrets, no internals of others.
 */
export class HavenError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: HavenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HavenError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The HTTP status of this error's code. */
  get status(): number {
    return errorCatalogue[this.code].status;
  }
}
