import * as z from 'zod';
import { chainIdQuery, cursorField, limitField, pageOf, reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { depositSweepSchema, sweepIdField, sweepStatusSchema } from './deposit-sweep.ts';
import type { ListedSweep } from './sweep-list.ts';

/** A sweep as the API shows it. */
export const depositSweepView = depositSweepSchema
  .omit({ audit_seq: true, audit_hash: true, funders: true, status: true, waiting_for: true })
  .extend({
    id: sweepIdField,
    status: sweepStatusSchema.describe(
      '`open`: it goes on each minute. `failed`: something stayed that should have gone.',
    ),
    waiting_for: depositSweepSchema.shape.waiting_for.describe(
      'What keeps an open sweep from going on; docs/sweeps.md.',
    ),
  })
  .meta({ id: 'DepositSweep' });

/** Shows a sweep: declared fields only. */
export function toDepositSweepView(sweep: ListedSweep): z.output<typeof depositSweepView> {
  return depositSweepView.parse(sweep);
}

const params = z.strictObject({ id: sweepIdField });

/** Lists sweeps. */
export const listDepositSweepsRoute = defineRoute({
  method: 'GET',
  path: '/admin/sweeps',
  summary: 'List sweeps of deposit addresses, of the newest orders first',
  description: 'With chain_id a page may have few sweeps, or none, and a cursor with which the search goes on.',
  tag: 'orders',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    status: sweepStatusSchema.optional(),
    chain_id: chainIdQuery.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(depositSweepView),
  errors: [],
});

/** Shows a sweep. */
export const getDepositSweepRoute = defineRoute({
  method: 'GET',
  path: '/admin/sweeps/{id}',
  summary: "Show how far the sweep of an order's address is",
  tag: 'orders',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: depositSweepView,
  errors: ['SWEEP_NOT_FOUND'],
});

/** Opens another round of a sweep. */
export const retryDepositSweepRoute = defineRoute({
  method: 'POST',
  path: '/admin/sweeps/{id}/retry',
  summary: "Look at an order's address again",
  description:
    'Opens another round of a sweep that has failed or is done: what is at the address by then goes to the treasury. The sweeper takes it up ' +
    'within a minute.',
  tag: 'orders',
  access: 'custody:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField }),
  status: 202,
  response: depositSweepView,
  errors: ['SWEEP_NOT_FOUND', 'VERSION_MISMATCH', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});
