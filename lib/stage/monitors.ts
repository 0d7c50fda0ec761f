import { thresholdsSchema } from '#shared/monitors/thresholds.ts';

/** What the monitor watches for, and how often. */
export const monitorsSchema = thresholdsSchema
  .prefault({})
  .describe('From when on something is wrong, and how often the monitor looks; see docs/monitoring.md.');
