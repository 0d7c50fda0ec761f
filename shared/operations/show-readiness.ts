import type * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { ReadinessCheck } from './readiness.ts';
import type { readyRoute } from './routes.ts';

/** After so many seconds it is looked again. */
const ASK_AGAIN_SECONDS = 5;

/**
 * Shows whether the API is ready.
 *
 * @throws NOT_READY while it is not, with what does not answer
 */
export async function showReadiness(check: ReadinessCheck): Promise<z.input<typeof readyRoute.response>> {
  const { status, dependencies } = await check();
  if (status !== 'down') return { status, dependencies };
  throw new HavenError('NOT_READY', 'What Haven depends on does not answer', {
    details: { dependencies },
    retryAfterSeconds: ASK_AGAIN_SECONDS,
  });
}
