import * as z from 'zod';

/** When circuit breakers open and close. */
export const breakerSchema = z
  .strictObject({
    failures: z.number().int().min(1).max(1_000).default(5).describe('Failures in a row after which a circuit opens.'),
    successes: z.number().int().min(1).max(100).default(2).describe('Successful probes after which it closes.'),
    open_seconds: z
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(30)
      .describe('Seconds that it stays open before it lets probes through.'),
  })
  .prefault({})
  .describe('When circuit breakers open and close.');
