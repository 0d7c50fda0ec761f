import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';

/** What is known of a user's identity. `kyc.ts` has the legal transitions. */
export const kycStatusSchema = z.enum(['none', 'pending', 'verified', 'rejected'], {
  error: 'INVALID_PARAMETER: must be none, pending, verified or rejected',
});

/** What is known of a user's identity. */
export type KycStatus = z.output<typeof kycStatusSchema>;

/**
 * A user: somebody whom the integrator knows by `external_id`, with a custodial wallet. The e-mail address is personal
 * data: it is in no log, audit entry, index or key.
 */
export const userSchema = auditHeadSchema.extend({
  id: z.string().meta({ examples: ['usr_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  external_id: z
    .string()
    .describe('Your own id of this user; unique in the deployment.')
    .meta({ examples: ['customer-4711'] }),
  email: z.string().nullable().describe('Null when Haven was not told.'),
  wallet_id: z
    .string()
    .describe("The user's custodial wallet.")
    .meta({ examples: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  address: z
    .string()
    .describe('Of the wallet, with its EIP-55 checksum.')
    .meta({ examples: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] }),
  kyc_status: kycStatusSchema.describe('Redeeming needs `verified`.'),
  created_at: z.string().describe('ISO 8601, UTC.'),
  updated_at: z.string().describe('ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
});

/** A user. */
export type User = z.output<typeof userSchema>;

/** A user as the API shows it. */
export const userView = userSchema.omit({ audit_seq: true, audit_hash: true }).meta({ id: 'User' });

/** A user as the API shows it. */
export type UserView = z.output<typeof userView>;

/** Shows a user: declared fields only. */
export function toUserView(user: User): UserView {
  return userView.parse(user);
}
