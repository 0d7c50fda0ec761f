import * as z from 'zod';

/** How new code of the API gets to its callers. */
export const canarySchema = z
  .strictObject({
    minutes: z
      .literal([10, 15, 30])
      .describe(
        'Minutes in which a tenth of the calls try the new code, before all get it: 10, 15 or 30. The alarms that take it back look at five.',
      ),
  })
  .optional()
  .describe(
    'Whether functions of the API are exchanged gradually, and rolled back when an alarm sounds; absent: at once. See docs/operations.md#rolling-out.',
  );
