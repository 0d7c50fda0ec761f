import * as z from 'zod';

/** AWS's own verdicts on a request have a status below 500, but for throttling; what has no status never arrived. */
const verdictSchema = z.object({ name: z.string(), $metadata: z.object({ httpStatusCode: z.number().lt(500) }) });

/**
 * Whether a failed call of KMS says nothing about the key: no answer, a fault, a quota. A KMS that is down must not look
 * like a key that was tampered with.
 */
export function isKmsOutage(error: unknown): boolean {
  const verdict = verdictSchema.safeParse(error);
  return !verdict.success || /Throttl|LimitExceeded|DependencyTimeout|KMSInternal/.test(verdict.data.name);
}

/**
 * Whether KMS may have done what a failed call asked for. Not so when it answered with a verdict, a refusal for quota
 * included.
 */
export function mayHaveHappened(error: unknown): boolean {
  return !verdictSchema.safeParse(error).success;
}
