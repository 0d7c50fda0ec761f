import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

const fieldsSchema = z.array(z.object({ field: z.string(), message: z.string() }));

/**
 * The error of one intent as that of a member of a batch: its fields are named in the batch's body
 * (`body.to` becomes `body.transactions[3].to`; what names no field is the member's as a whole), and `details.index`
 * says which one it is.
 *
 * @param index from 0
 */
export function memberError(error: HavenError, index: number): HavenError {
  const at = `body.transactions[${index}]`;
  const named = fieldsSchema.safeParse(error.details['fields']).data ?? [{ field: 'body', message: error.message }];
  const fields = named.map(({ field, message }) => ({ field: field.replace(/^body\b/, at), message }));
  return new HavenError(error.code, `transactions[${index}]: ${error.message}`, {
    details: { ...error.details, index, fields },
    cause: error,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  });
}

/**
 * Runs what is about one member of a batch.
 *
 * @throws what it throws, as the error of that member
 */
export async function forMember<T>(index: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof HavenError ? memberError(error, index) : error;
  }
}
