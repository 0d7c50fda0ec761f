import * as z from 'zod';

/** The waits that https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md suggests: about three days. */
const DEFAULT_RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** When a webhook that was not taken is sent again. */
export const retrySecondsSchema = z
  .array(z.number().int().min(1).max(86_400))
  .min(1)
  .max(20)
  .default(DEFAULT_RETRY_SECONDS)
  .describe(
    'Seconds after each failed attempt at a webhook until the next, each cut by up to a tenth at random; after the last it is given up.',
  );

/** How webhooks to integrators are delivered. */
export const webhooksSchema = z
  .strictObject({
    retry_seconds: retrySecondsSchema,
    disable_after_hours: z
      .number()
      .int()
      .min(1)
      .max(720)
      .default(120)
      .describe('Hours after which an endpoint that took nothing in all the time is disabled.'),
    transaction_events: z
      .boolean()
      .default(false)
      .describe(
        'Whether integrators are told what becomes of a transaction that is asked for by API, where the request does not say (`tell_events`). Each event costs a row more in the write that it is of.',
      ),
  })
  .prefault({})
  .describe('How webhooks to integrators are delivered; see docs/webhooks.md.');
