import * as z from 'zod';

/** CloudWatch's longest period of an alarm on math is a day. */
const MAX_SILENCE_MINUTES = 1_440;

/** As many as the monitor counts of one shard of the index: of more it might count too few, and the alarm never sound. */
const MAX_OPEN_ORDERS = 1_000;

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
          .max(MAX_OPEN_ORDERS)
          .describe('Orders that wait for money all these minutes at least, below which it does not.'),
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
