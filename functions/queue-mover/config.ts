import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The queue mover's settings. */
export const configSchema = z.object({ STAGE: settings.STAGE });
