import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The incident keeper's settings. */
export const configSchema = z.object({
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
});
