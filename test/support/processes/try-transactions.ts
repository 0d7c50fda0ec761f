import * as z from 'zod';
import { HavenApiError } from '#shared/client/errors.ts';
import { createHavenClient } from '#shared/client/haven-client.ts';

/**
 * A process of its own that posts transactions, all at once, and prints what became of each as JSON: its id, or the code
 * of its refusal.
 */
const { API_URL, API_KEY, WALLET_ID, CHAIN_ID, COUNT, TO, VALUE } = z
  .object({
    API_URL: z.string(),
    API_KEY: z.string(),
    WALLET_ID: z.string(),
    CHAIN_ID: z.coerce.number(),
    COUNT: z.coerce.number(),
    TO: z.string(),
    VALUE: z.string(),
  })
  .parse(process.env);

const client = createHavenClient({ baseUrl: API_URL, apiKey: API_KEY, timeoutMs: 120_000 });
const body = { wallet_id: WALLET_ID, chain_id: CHAIN_ID, to: TO, value: VALUE };
const outcomes = await Promise.all(
  Array.from({ length: COUNT }, () =>
    client.createTransaction({ body }).then(
      ({ id }) => id,
      (error: unknown) => {
        if (error instanceof HavenApiError) return error.code;
        throw error;
      },
    ),
  ),
);
process.stdout.write(JSON.stringify(outcomes));
