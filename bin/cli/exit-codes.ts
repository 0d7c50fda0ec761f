import { HavenApiError, HavenConnectionError, UnexpectedAnswer } from '#shared/client/errors.ts';
import { renderFields } from './table.ts';
import { UsageError } from './usage-error.ts';

/** How the command ends, for scripts; docs/cli.md has the same list. 64 and 77 are those of BSD's sysexits. */
export const EXIT = {
  done: 0,
  /** The API refused it, or what was waited for or verified ended badly: nothing to gain by trying again. */
  refused: 1,
  /** Nobody knows whether it was done: no answer, or a failure on Haven's side. With the same Idempotency-Key it can be sent again. */
  unknown: 2,
  usage: 64,
  /** The API key is missing, or may not do this. */
  permission: 77,
} as const;

/** A failure, for people and for scripts. */
export interface Failure {
  readonly exitCode: number;
  /** Lines for stderr. */
  readonly lines: readonly string[];
}

/** What a thrown error comes to. What nobody foresaw shows its name only: a library's message may quote the request. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { exitCode: EXIT.usage, lines: [error.message] };
  if (error instanceof HavenApiError) return ofAnswer(error);
  if (error instanceof HavenConnectionError) {
    const again =
      error.idempotencyKey === undefined
        ? []
        : [
            `It may have been done all the same. To find out, run it again with --idempotency-key ${error.idempotencyKey}`,
          ];
    return { exitCode: EXIT.unknown, lines: [`${error.message}${causeOf(error)}`, ...again] };
  }
  if (error instanceof UnexpectedAnswer)
    return { exitCode: EXIT.unknown, lines: [error.message, 'This command and the API are of different versions.'] };
  return { exitCode: EXIT.unknown, lines: [error instanceof Error ? error.name : 'An unknown failure'] };
}

function ofAnswer(error: HavenApiError): Failure {
  const { status, requestId, problem } = error;
  const exitCode =
    status === 401 || status === 403 ? EXIT.permission : status >= 500 || status === 429 ? EXIT.unknown : EXIT.refused;
  const details = renderFields(problem?.details ?? {}).map((line) => `  ${line}`);
  return {
    exitCode,
    lines: [error.message, ...details, ...(requestId === undefined ? [] : [`  request ${requestId}`])],
  };
}

function causeOf({ cause }: Error): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? ` (${inner.code})` : '';
}
