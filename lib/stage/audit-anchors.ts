import * as z from 'zod';

/** How anchors of the audit streams are kept outside the database, and when they are set. */
export const auditAnchorsSchema = z
  .strictObject({
    lock_mode: z
      .enum(['COMPLIANCE', 'GOVERNANCE'])
      .describe(
        'How anchors are locked. COMPLIANCE: nobody can remove one before its time, the account root included. GOVERNANCE: who has `s3:BypassGovernanceRetention` can.',
      ),
    retention_days: z.number().int().min(1).max(36_500).describe('Days for which an anchor is locked.'),
    settle_seconds: z
      .number()
      .int()
      .min(0)
      .max(3_600)
      .default(600)
      .describe('Age from which entries are anchored: until then writes may still be under way.'),
  })
  .describe('Anchors of the audit streams, outside the database.');
