import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';

/** Verifies a stream. */
export const verifyAuditRoute = defineRoute({
  method: 'POST',
  path: '/admin/audit/verify',
  summary: 'Verify the audit stream of a wallet or a transaction',
  description: 'Walks the stream entry by entry and names the first one that is missing, edited, reordered or cut off.',
  tag: 'audit',
  access: 'audit:read',
  idempotent: false,
  rate: 'sensitive',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({ wallet_id: idSchema('wal').optional(), transaction_id: idSchema('tx').optional() })
    .refine((body) => (body.wallet_id === undefined) !== (body.transaction_id === undefined), {
      error: 'INVALID_PARAMETER: must name one of wallet_id and transaction_id',
    })
    .describe('Exactly one of the two.'),
  status: 200,
  response: z
    .object({
      stream: z.string(),
      verified: z.boolean(),
      entries: z.number().int(),
      first_break: z.object({ seq: z.number().int(), reason: z.string() }).nullable(),
    })
    .meta({ id: 'AuditVerification' }),
  errors: ['WALLET_NOT_FOUND', 'TRANSACTION_NOT_FOUND'],
});
