import * as z from 'zod';
import { breakerStatusSchema } from '#shared/platform/breaker/breaker-state.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { PRICE_FAULTS } from '#shared/prices/price.ts';

const circuitView = z.object({
  name: z.string().meta({ examples: ['price:1:eth-usd'] }),
  status: breakerStatusSchema.nullable().describe('Null while that cannot be read; calls are let through then.'),
  retry_at: z.string().nullable().describe('While open: when the first probe is let through.'),
  cause: z.string().nullable().describe('Why its status last changed.'),
});

/** Why a price is not usable: what the feed says, or what keeps it from being asked. */
export const priceReasonSchema = z.enum([...PRICE_FAULTS, 'circuit_open', 'unreachable', 'misconfigured']);

const feedView = z.object({
  asset: z.string(),
  currency: z.string(),
  source: z.enum(['chainlink', 'fixed']),
  address: z.string().nullable().describe("The feed's contract; null for a fixed price."),
  usable: z.boolean(),
  reason: priceReasonSchema.nullable().describe('Why it is not usable; docs/prices.md says what each means.'),
  detail: z.string().nullable().describe('The reason in words.'),
  price: z
    .string()
    .nullable()
    .describe('Of one whole unit of the asset, in whole units of the currency. Not for use while it is not usable.')
    .meta({ examples: ['2500.5'] }),
  updated_at: z.string().nullable().describe('When the source last updated it; null for a fixed price.'),
  age_seconds: z.number().int().nullable().describe("At the time of the block at which it was read: the chain's time."),
  block_number: z.number().int().nullable().describe('After which block it was read.'),
  circuit: circuitView.nullable().describe('Null for a fixed price.'),
});

const chainView = z.object({
  chain_id: z.number().int(),
  name: z.string(),
  native_asset: z.string(),
  required_confirmations: z.number().int(),
  block_time_ms: z.number().int(),
  in_flight_cap: z.number().int(),
  max_fee_per_gas: z.string().describe('The most that is offered per gas, in wei.'),
  max_noop_fee_per_gas: z.string().describe('The most that is offered per gas for what frees a lane, in wei.'),
  head: z
    .object({ number: z.number().int(), time: z.string(), age_seconds: z.number().int().describe('By our clock.') })
    .nullable()
    .describe('Null while no endpoint answers.'),
  head_error: z.string().nullable().describe('The code of what kept the head from being read.'),
  endpoints: z
    .array(z.object({ name: z.string(), circuit: circuitView }))
    .describe('By name; where they are is secret.'),
  endpoints_error: z.string().nullable().describe('The code of what kept the list of endpoints from being read.'),
  price_feeds: z.array(feedView),
});

/** Lists the configured chains, and how each stands. */
export const listChainsRoute = defineRoute({
  method: 'GET',
  path: '/admin/chains',
  summary: 'The configured chains: head, RPC endpoints, price feeds',
  description:
    'Asked of every chain and feed at this moment, so it counts for their circuits as any other use does. A chain that does not answer within seconds is shown without what it was to say, and takes nothing from the others.',
  tag: 'operations',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z.object({ at: z.string(), data: z.array(chainView.meta({ id: 'Chain' })) }).meta({ id: 'Chains' }),
  errors: [],
});
