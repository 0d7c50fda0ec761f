import * as z from 'zod';

/** CloudWatch's longest period of an alarm on math is a day. */
const MAX_SILENCE_MINUTES = 1_440;

/** Which alarms a stage has besides those that every stage has. */
export const alarmsSchema = z
  .strictObject({
    derived: z
      .boolean()
      .default(true)
      .describe(
        'Whether there are alarms on calculations over metrics, and on other alarms; false where the endpoint knows neither.',
      ),
    payment_silence: z
      .strictObject({
        minutes: z
          .number()
          .int()
          .min(5)
          .max(MAX_SILENCE_MINUTES)
          .multipleOf(5)
          .describe('Minutes without a paid order at which the alarm sounds.'),
        min_orders: z
          .number()
          .int()
          .min(1)
          .describe('Orders that were placed in these minutes, below which it does not.'),
      })
      .optional()
      .describe('When it is strange that nobody pays; absent, as for a quiet shop: never.'),
  })
  .prefault({})
  .refine(({ derived, payment_silence }) => derived || payment_silence === undefined, {
    path: ['payment_silence'],
    error: 'needs derived: it is calculated from two counts',
  })
  .describe('Alarms besides those that every stage has.');
