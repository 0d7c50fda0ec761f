import type * as z from 'zod';
import { HavenError } from '../errors/haven-error.ts';

/**
 * Reads a function's configuration from its environment, once, at start. A missing or bad setting stops the function
 * with a message that names it; the values are left out, so that none can reach a log.
 *
 * @param schema the settings, by the name of their environment variable
 * @throws CONFIGURATION naming every setting at fault
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Record<string, string | undefined>): z.output<S> {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new HavenError('CONFIGURATION', `Configuration is not valid. ${problems.join('; ')}`);
}
