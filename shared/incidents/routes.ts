import * as z from 'zod';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { incidentDetailView, incidentView } from './view.ts';

/** Lists errors and security events. */
export const listErrorsRoute = defineRoute({
  method: 'GET',
  path: '/admin/errors',
  summary: 'List errors of 5xx class and security events, newest first',
  description:
    'Equal ones of ten minutes are one row with a count. A page may have less than `limit` rows, or none, and not be the last, where filters are combined.',
  tag: 'operations',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    limit: limitField,
    cursor: cursorField.optional(),
    kind: z.enum(['error', 'security']).optional(),
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{1,63}$/, { error: 'INVALID_PARAMETER: must be a code in upper case' })
      .optional()
      .meta({ examples: ['INTERNAL'] }),
    function: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,39}$/, { error: 'INVALID_PARAMETER: must be the name of a function' })
      .optional()
      .meta({ examples: ['lane-worker'] }),
    since: instantField.optional().describe('Happened then or later.'),
    until: instantField.optional().describe('Happened before.'),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(incidentView),
  errors: [],
});

/** Shows one row of them. */
export const getErrorRoute = defineRoute({
  method: 'GET',
  path: '/admin/errors/{id}',
  summary: 'Show an error or a security event with its context and stack',
  tag: 'operations',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('err') }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: incidentDetailView,
  errors: ['ERROR_NOT_FOUND'],
});
