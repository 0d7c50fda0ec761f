import * as z from 'zod';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { alertCategorySchema, alertSeveritySchema } from './alert.ts';
import { alertDetailView, alertView } from './alert-view.ts';
import { dayField, MAX_STATS_DAYS, statsView } from './stats/stats-view.ts';

const params = z.strictObject({ id: idSchema('alr') });

/** Lists alerts. */
export const listAlertsRoute = defineRoute({
  method: 'GET',
  path: '/admin/alerts',
  summary: 'List alerts, newest first',
  description:
    'A page may have less than `limit` rows, or none, and not be the last, where a filter by category is combined with another.',
  tag: 'alerts',
  access: 'alerts:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    limit: limitField,
    cursor: cursorField.optional(),
    severity: alertSeveritySchema.optional(),
    category: alertCategorySchema.optional(),
    status: z.enum(['open', 'acknowledged']).optional(),
    created_from: instantField.optional().describe('Included.'),
    created_to: instantField.optional().describe('Not included.'),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(alertView),
  errors: [],
});

/** Shows an alert. */
export const getAlertRoute = defineRoute({
  method: 'GET',
  path: '/admin/alerts/{id}',
  summary: 'Show an alert and what came of telling it',
  tag: 'alerts',
  access: 'alerts:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: alertDetailView,
  errors: ['ALERT_NOT_FOUND'],
});

/** Acknowledges an alert. */
export const acknowledgeAlertRoute = defineRoute({
  method: 'POST',
  path: '/admin/alerts/{id}/acknowledge',
  summary: 'Say that somebody looks after an alert',
  description: 'Whoever says so first is named; saying it again changes nothing. It is told to channels all the same.',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    note: z.string().trim().min(1).max(500).refine(holdsNoKey, NO_KEY).optional(),
  }),
  status: 200,
  response: alertView,
  errors: ['ALERT_NOT_FOUND'],
});

/** Records a test alert. */
export const testAlertRoute = defineRoute({
  method: 'POST',
  path: '/admin/alerts/test',
  summary: 'Record an alert that says that it is a test',
  description: 'It is told as any other of its severity, of the category system_test.',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ severity: alertSeveritySchema }),
  status: 202,
  response: alertView,
  errors: [],
});

/** Shows statistics of alerts. */
export const alertStatsRoute = defineRoute({
  method: 'GET',
  path: '/admin/alerts/stats',
  summary: 'Show how many alerts there were, and how they were told',
  description: `By day of the alerts, in UTC; at most ${MAX_STATS_DAYS} days, by default the last seven. They are counted once they were judged by their cool-down, and their deliveries once they ended.`,
  tag: 'alerts',
  access: 'alerts:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    from: dayField.optional().describe('The first day.'),
    to: dayField.optional().describe('The last day.'),
  }),
  body: NOTHING,
  status: 200,
  response: statsView,
  errors: [],
});
