import * as z from 'zod';
import { policyRulesSchema } from './policy.ts';

/** A policy as the API shows it. */
export const policyView = policyRulesSchema
  .extend({
    wallet_id: z.string().meta({ examples: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    updated_at: z.string().nullable().describe('ISO 8601, UTC; null: the wallet has never been given one.'),
    version: z.number().int().describe('Goes up with every change; also the ETag. 0: never given.'),
  })
  .meta({ id: 'Policy' });

/** A policy as the API shows it. */
export type PolicyView = z.output<typeof policyView>;
