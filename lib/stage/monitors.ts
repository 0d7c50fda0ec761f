import * as z from 'zod';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';

/** What the monitor watches for, and how often. */
export const monitorsSchema = thresholdsSchema
  .extend({
    monitor_interval_minutes: z
      .number()
      .int()
      .min(1)
      .max(15)
      .default(1)
      .describe('Minutes between two looks at everything that is watched.'),
  })
  .prefault({})
  .describe('From when on something is wrong, and how often the monitor looks; see docs/monitoring.md.');
