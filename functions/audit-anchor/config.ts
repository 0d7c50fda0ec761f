import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that anchors audit streams. */
export const configSchema = z.object({
  STAGE: settings.STAGE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  ANCHOR_BUCKET: settings.ANCHOR_BUCKET,
  ANCHOR_KEY_ARN: settings.ANCHOR_KEY_ARN,
  ANCHOR_SETTLE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600)
    .default(600)
    .describe(
      'Seconds after which an entry is in the index by which streams are found. What is younger is left to the next anchor.',
    ),
});
