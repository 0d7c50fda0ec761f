import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { poolStatusSchema } from './pool-size.ts';

/** Shows the pool of deposit wallets. */
export const showDepositPoolRoute = defineRoute({
  method: 'GET',
  path: '/admin/deposit-pool',
  summary: 'Show the pool of deposit wallets',
  description:
    'Wallets that are made in advance, so that placing an order takes no key work. Each is given to one order and to no other ever. Refilled each minute, and at once when few are left.',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z
    .object({
      free: z.number().int().describe('Wallets that wait to be taken.'),
      target: z.number().int().describe('Wallets that wait when it is full. 0: the stage has no pool.'),
      low_water: z.number().int().describe('Fewer than this are too few.'),
      status: poolStatusSchema.describe('`empty`: no order can be placed.'),
      low_since: z
        .string()
        .nullable()
        .describe('Since when refills have left it low or empty. Null: the last one did not. ISO 8601, UTC.'),
    })
    .meta({ id: 'DepositPool' }),
  errors: [],
});
