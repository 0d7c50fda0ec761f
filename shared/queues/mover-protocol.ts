import * as z from 'zod';

/** What the queue mover can be asked. Names of queues are those of the catalogue. */
export const moverRequestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('look'), queues: z.array(z.string()) }),
  z.strictObject({ ask: z.literal('redrive'), queue: z.string() }),
]);

/** How a queue stands. */
export const queueStandSchema = z.object({
  name: z.string(),
  /** Null where SQS did not say. */
  counts: z
    .object({
      visible: z.number().int(),
      inFlight: z.number().int(),
      delayed: z.number().int(),
    })
    .nullable(),
  /** Null where there is no message, or CloudWatch doesn't know. */
  oldestAgeSeconds: z.number().int().nullable(),
});

/** How a queue stands. */
export type QueueStand = z.output<typeof queueStandSchema>;

/** What the queue mover answers when it is asked to look. */
export const lookAnswerSchema = z.array(queueStandSchema);

/** What the queue mover answers when it is asked to redrive: as `Redriven` says. */
export const redriveAnswerSchema = z.object({
  moved: z.number().int(),
  refused: z.number().int(),
  unreadable: z.number().int(),
  more: z.boolean(),
});

/** For how long one call moves letters: the API's answer must come before API Gateway's 29 seconds, and with room for a cold start of both functions. */
export const MOVES_FOR_MS = 8_000;
