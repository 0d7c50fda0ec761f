import * as z from 'zod';
import { cursorField, limitField } from '#shared/platform/http/fields.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { requestStatusSchema } from './request.ts';

const REASON_ERROR = 'INVALID_PARAMETER: must say why, in 1 to 500 characters';

/** Why somebody asks for something, or stops it. */
export const reasonField = z
  .string({ error: REASON_ERROR })
  .trim()
  .min(1, { error: REASON_ERROR })
  .max(500, { error: REASON_ERROR })
  .refine(holdsNoKey, NO_KEY)
  .describe('Why; goes into the audit entry and the alert.');

/** Filters of a list of requests. */
export const requestListQuery = z.strictObject({
  status: requestStatusSchema.optional(),
  wallet_id: idSchema('wal').optional(),
  limit: limitField,
  cursor: cursorField.optional(),
});
