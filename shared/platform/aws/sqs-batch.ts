import * as z from 'zod';

/** A message whose body was read. */
export interface ReadMessage<T> {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: T;
}

const batchSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), receiptHandle: z.string(), body: z.string() })),
});

/**
 * Reads the batch that an SQS event source hands to a function.
 *
 * @param schema what a body must be, as JSON
 * @returns the messages that could be read, and the ids of those that could not: they go back and end in the DLQ
 */
export function readSqsBatch<T>(
  event: unknown,
  schema: z.ZodType<T>,
): { readonly messages: readonly ReadMessage<T>[]; readonly unreadable: readonly string[] } {
  const messages: ReadMessage<T>[] = [];
  const unreadable: string[] = [];
  for (const { messageId, receiptHandle, body } of batchSchema.parse(event).Records) {
    const parsed = schema.safeParse(parseJson(body));
    if (parsed.success) messages.push({ messageId, receiptHandle, body: parsed.data });
    else unreadable.push(messageId);
  }
  return { messages, unreadable };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
