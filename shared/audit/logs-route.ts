import * as z from 'zod';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { auditContentSchema, auditSeveritySchema } from './audit-entry.ts';

/** Without a filter that has an index of its own, a list goes back so far unless `from` says otherwise. */
export const DEFAULT_DAYS = 31;

const ACTOR_ERROR = 'INVALID_PARAMETER: must be the id of a principal, or a part of Haven such as lane-worker';
const ACTION_ERROR = 'INVALID_PARAMETER: must be words with dots, such as wallet.created';

/** Lists audit entries. */
export const listWalletLogsRoute = defineRoute({
  method: 'GET',
  path: '/admin/audit/wallet-logs',
  summary: 'List audit entries, newest first',
  description: `With wallet_id, what concerns that wallet: its own stream, changes of its policy, and who looked at it or was refused. A page may have fewer entries than asked for and yet not be the last: go on until next_cursor is null. Without wallet_id, an API key as actor, or a severity above INFO, it goes back ${DEFAULT_DAYS} days unless from is given. Being asked for is itself put on record.`,
  tag: 'audit',
  access: 'audit:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: z.strictObject({
    wallet_id: idSchema('wal').optional(),
    actor: z
      .string()
      .regex(/^[A-Za-z0-9][\w:.@|~/-]{0,199}$/, { error: ACTOR_ERROR })
      .optional()
      .describe('Who did it: the id of an API key or of an operator, or a part of Haven such as `lane-worker`.'),
    action: z
      .string()
      .regex(/^[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}$/, { error: ACTION_ERROR })
      .optional()
      .describe('What happened.')
      .meta({ examples: ['key.used'] }),
    severity: auditSeveritySchema.optional(),
    from: instantField.optional().describe('Entries of this instant and later.'),
    to: instantField.optional().describe('Entries before this instant.'),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(
    z
      .object({
        stream: z.string(),
        seq: z.number().int(),
        at: z.string(),
        ...auditContentSchema.shape,
        reason: z.string().nullable(),
        hash: z.string(),
      })
      .meta({ id: 'AuditEntry' }),
  ),
  errors: [],
});
