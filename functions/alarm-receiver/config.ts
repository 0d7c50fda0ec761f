import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The alarm receiver's settings. */
export const configSchema = z.object({
  STAGE: settings.STAGE,
  LOGS_TABLE: settings.LOGS_TABLE,
  CONDITION_COOL_DOWN_MINUTES: z.coerce
    .number()
    .positive()
    .describe('An alarm that comes back over and over is told a few times within so many minutes.'),
});
