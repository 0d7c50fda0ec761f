import { redactFields } from '#shared/platform/log/redact.ts';
import type { Alert } from '../alert.ts';

/** What a channel tells of an alert. */
export interface AlertNotice {
  readonly alert: Alert;
  /** Alerts of the same thing that were counted and not told since the one before. */
  readonly heldBackBefore: number;
  /** Whose alert it is: `production`. */
  readonly stage: string;
  /** Where the runbook is, without `#` and a section's name. */
  readonly runbookUrl: string;
}

/**
 * The details of an alert as they leave Haven. Whoever records an alert puts no secret into it; should one ever do so, it goes
 * no further than here.
 */
export function shownDetails({ details }: Pick<Alert, 'details'>): Readonly<Record<string, unknown>> {
  return redactFields(details);
}

/** The body of a webhook that tells of an alert, as JSON (docs/alerts.md#generic-webhooks). */
export function alertWebhookBody({ alert, heldBackBefore, stage, runbookUrl }: AlertNotice): string {
  const { id, severity, category, summary, dedupe_key, occurred_at } = alert;
  const details = shownDetails(alert);
  return JSON.stringify({
    type: 'alert.recorded',
    timestamp: occurred_at,
    data: {
      ...{ id, stage, severity, category, summary, details, dedupe_key, occurred_at, held_back: heldBackBefore },
      runbook_url: `${runbookUrl}#${category}`,
    },
  });
}
