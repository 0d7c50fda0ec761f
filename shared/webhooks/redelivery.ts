import * as z from 'zod';

/** Which deliveries are sent again. */
export const redeliveryStatusSchema = z.enum(['failed', 'all']);

/** What is to be sent to an endpoint again, and how far that is. Worked by who delivers, a page at a time. */
export const redeliverySchema = z.object({
  /** `rdl_…`; a delivery that was sent again for it is not for it again. */
  id: z.string(),
  /** Events from this time on; ISO 8601, UTC. */
  since: z.string(),
  /** Events before this time. */
  until: z.string(),
  status: redeliveryStatusSchema,
  requested_at: z.string(),
  /** The last delivery that was looked at; null: none yet. */
  position: z.string().nullable(),
  /** Deliveries that were put among what is due again so far. */
  redelivered: z.number().int(),
});

/** What is to be sent to an endpoint again. */
export type Redelivery = z.output<typeof redeliverySchema>;
