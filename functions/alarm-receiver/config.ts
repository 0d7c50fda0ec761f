import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The alarm receiver's settings. */
export const configSchema = z.object({ STAGE: settings.STAGE, LOGS_TABLE: settings.LOGS_TABLE });
