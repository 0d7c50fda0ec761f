import * as z from 'zod';
import { alertCategorySchema, alertSeveritySchema } from './alert.ts';
import { runbookLink } from './delivery/alert-facts.ts';
import type { AlertFile } from './delivery/alert-file.ts';
import { shownDetails } from './delivery/alert-message.ts';
import { deliverySchema } from './delivery/delivery.ts';
import { type ToldAlert, toldStatusSchema } from './delivery/told-alert.ts';

/** An alert as lists show it. */
export const alertView = z
  .object({
    id: z.string(),
    severity: alertSeveritySchema,
    category: alertCategorySchema,
    summary: z.string(),
    details: z.record(z.string(), z.unknown()),
    dedupe_key: z.string().describe('Alerts with the same one are about the same thing.'),
    occurred_at: z.string(),
    status: z.enum(['open', 'acknowledged']),
    acknowledged: z
      .object({ at: z.string(), by: z.string(), note: z.string().nullable() })
      .nullable()
      .describe('Who has said that they look after it.'),
    told_status: toldStatusSchema.describe(
      'Whether it was told: `open` while a delivery is, `told` to one channel at least, `given_up`, `held_back` because the same was told shortly before, `no_channel` when none wants to hear of it.',
    ),
    held_back: z
      .number()
      .int()
      .describe('Alerts of the same thing that were counted and not told since the one before.'),
    runbook_url: z.string(),
  })
  .meta({ id: 'Alert' });

/** An alert as lists show it. */
export type AlertView = z.output<typeof alertView>;

/** An alert with what came of telling it to each channel. */
export const alertDetailView = alertView
  .extend({
    deliveries: z.array(
      z.object({
        channel: z.string(),
        status: deliverySchema.shape.status,
        attempts: z.number().int(),
        created_at: z.string(),
        next_attempt_at: z.string().nullable(),
        held_until: z.string().nullable().describe('The end of the quiet hours that it waited for.'),
        ended_at: z.string().nullable(),
        latency_ms: z.number().int().nullable().describe('How long the call took that delivered it.'),
        last_error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'AlertDetail' });

/** Shows an alert. @param runbookUrl where the runbook is, without `#` and a section's name */
export function toAlertView(alert: ToldAlert, runbookUrl: string): AlertView {
  const { id, severity, category, summary, dedupe_key, occurred_at, told_status, acknowledged } = alert;
  return {
    ...{ id, severity, category, summary, details: shownDetails(alert), dedupe_key, occurred_at },
    status: acknowledged === undefined ? 'open' : 'acknowledged',
    acknowledged: acknowledged ?? null,
    told_status,
    held_back: alert.held_back_before,
    runbook_url: runbookLink({ alert, runbookUrl }),
  };
}

/** Shows an alert with its deliveries. */
export function toAlertDetail({ alert, deliveries }: AlertFile, runbookUrl: string): z.output<typeof alertDetailView> {
  return {
    ...toAlertView(alert, runbookUrl),
    deliveries: deliveries.map(({ version: _, ...delivery }) => delivery),
  };
}
