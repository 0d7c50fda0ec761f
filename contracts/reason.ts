import * as z from 'zod';

/** The node's own words, where ethers has no better name for them. */
const nodeErrorSchema = z.object({
  code: z.literal('UNKNOWN_ERROR'),
  error: z.object({ message: z.string().min(1) }),
});
const ethersErrorSchema = z.object({ shortMessage: z.string() });
const systemErrorSchema = z.object({ code: z.string() });

/**
 * What went wrong, for an operator to read, without what ethers and Node add to their messages: the request, and with
 * it the endpoint's URL or host, which may hold credentials.
 *
 * @param error whatever was thrown
 */
export function reasonOf(error: unknown): string {
  const nodeError = nodeErrorSchema.safeParse(error);
  if (nodeError.success) return nodeError.data.error.message;
  const ethersError = ethersErrorSchema.safeParse(error);
  if (ethersError.success) return ethersError.data.shortMessage;
  const systemError = systemErrorSchema.safeParse(error);
  if (systemError.success) return systemError.data.code;
  return error instanceof Error ? error.message : 'unknown reason';
}
