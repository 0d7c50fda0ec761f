import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import type { Treasury } from './treasury.ts';

/** The treasury as the API shows it. */
export const treasuryView = z
  .object({
    wallet_id: z.string().meta({ examples: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    address: z.string().meta({ examples: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] }),
    updated_at: z.string().describe('ISO 8601, UTC.'),
    version: z.number().int().describe('Goes up with every change; also the ETag.'),
  })
  .meta({ id: 'Treasury' });

/** The treasury as the API shows it. */
export type TreasuryView = z.output<typeof treasuryView>;

/** Shows the treasury: declared fields only. */
export function toTreasuryView(treasury: Treasury): TreasuryView {
  return treasuryView.parse(treasury);
}

/** Names the treasury. */
export const nameTreasuryRoute = defineRoute({
  method: 'PUT',
  path: '/admin/treasury',
  summary: 'Name the wallet that deposits go to and refunds come from',
  description: 'An active wallet of the purpose `treasury`. What was sent before stays where it is.',
  tag: 'orders',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ wallet_id: idSchema('wal') }),
  status: 200,
  response: treasuryView,
  errors: [
    'WALLET_NOT_FOUND',
    'WALLET_REVOKED',
    'WALLET_ROTATED',
    'VERSION_MISMATCH',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** Shows the treasury. */
export const getTreasuryRoute = defineRoute({
  method: 'GET',
  path: '/admin/treasury',
  summary: 'Show the wallet that deposits go to and refunds come from',
  tag: 'orders',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: treasuryView,
  errors: ['TREASURY_NOT_CONFIGURED'],
});
