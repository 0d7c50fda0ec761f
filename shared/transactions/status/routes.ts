import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { transactionStatusSchema, waitingForSchema } from '../transaction.ts';

const truncated = z.boolean().describe('Whether it was cut off: then there are more.');

const pendingView = z.object({
  id: z.string(),
  chain_id: z.number().int(),
  wallet_id: z.string(),
  from: z.string(),
  status: transactionStatusSchema,
  waiting_for: waitingForSchema.nullable(),
  created_at: z.string(),
  age_seconds: z.number().int(),
});

const gasView = z.object({
  measure: z
    .enum(['base_fee', 'gas_price'])
    .describe('`gas_price` on a chain without base fees: what its node suggests, against what transactions paid.'),
  price_per_gas: z.string().describe('Of the next block, in wei.'),
  baseline_price_per_gas: z.string().describe('The median of the blocks before, in wei.'),
  ratio: z
    .string()
    .describe('The one against the other, with two decimals.')
    .meta({ examples: ['1.07'] }),
  spike: z.boolean(),
});

/** Shows how transactions are getting on. */
export const transactionsStatusRoute = defineRoute({
  method: 'GET',
  path: '/admin/transactions/status',
  summary: 'How transactions are getting on: counts, lanes, what is stuck, gas, failures',
  description:
    'Read from indexes at a bounded cost: every part says whether it was cut off. Open statuses are counted whole, ends among what was accepted in the last day. Failures are counted by when they ended, among the newest of each kind.',
  tag: 'transactions',
  access: 'transactions:read',
  idempotent: false,
  rate: 'read',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z
    .object({
      at: z.string(),
      pending_threshold_minutes: z.number().describe('Open for longer counts as stuck.'),
      by_status: z.array(
        z.object({
          status: transactionStatusSchema,
          count: z.number().int(),
          truncated,
          accepted_since: z.string().nullable().describe('Null: counted whole.'),
        }),
      ),
      by_chain: z.array(
        z.object({
          chain_id: z.number().int(),
          name: z.string(),
          queued: z.number().int(),
          in_flight: z.number().int(),
          oldest_pending: pendingView.nullable(),
          stuck: z.number().int(),
          failures: z.object({ last_hour: z.number().int(), last_day: z.number().int() }),
          gas: gasView
            .nullable()
            .describe('Null while no endpoint answers, and where nothing was asked or paid for gas lately.'),
          gas_error: z.string().nullable().describe('The code of what kept the gas price from being read.'),
        }),
      ),
      by_lane: z.array(
        z.object({
          chain_id: z.number().int(),
          address: z.string(),
          wallet_id: z.string().nullable().describe('Null as long as the lane was never driven.'),
          queued: z.number().int(),
          in_flight: z.number().int(),
        }),
      ),
      by_lane_truncated: truncated,
      oldest_pending: pendingView.nullable(),
      stuck: z.array(pendingView).describe('Oldest first.'),
      stuck_truncated: truncated,
      failures_truncated: truncated,
    })
    .meta({ id: 'TransactionsStatus' }),
  errors: ['DATABASE_ERROR'],
});
