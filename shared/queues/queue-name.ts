import * as z from 'zod';

/** The name of a queue: without the stage's prefix, as lists have it, or with it. */
export const queueNameField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,79}(\.fifo)?$/, { error: 'INVALID_PARAMETER: must be the name of a queue' })
  .meta({ examples: ['lane-wakes-dlq'] });
