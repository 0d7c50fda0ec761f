import * as z from 'zod';
import { createHavenClient } from '#shared/client/haven-client.ts';

/**
 * A process of its own that posts transactions, all at once, and prints the ids it was given as JSON. Tests run
 * several, so that what they show does not hang on one process's memory.
 */
const { API_URL, API_KEY, WALLET_ID, CHAIN_ID, COUNT, TO } = z
  .object({
    API_URL: z.string(),
    API_KEY: z.string(),
    WALLET_ID: z.string(),
    CHAIN_ID: z.coerce.number(),
    COUNT: z.coerce.number(),
    TO: z.string(),
  })
  .parse(process.env);

const client = createHavenClient({ baseUrl: API_URL, apiKey: API_KEY, timeoutMs: 120_000 });
const accepted = await Promise.all(
  Array.from({ length: COUNT }, () =>
    client.createTransaction({ body: { wallet_id: WALLET_ID, chain_id: CHAIN_ID, to: TO, value: '1' } }),
  ),
);
process.stdout.write(JSON.stringify(accepted.map(({ id }) => id)));
