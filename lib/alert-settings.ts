import type { Stage } from './stage.ts';

/** Settings of the functions that tell alerts, or say who is told. */
export function alertSettings({ alerts, webhook_exempt_hosts }: Stage): Record<string, string> {
  const { email, runbook_url } = alerts;
  return {
    ...(email === undefined ? {} : { ALERT_EMAIL: JSON.stringify({ from: email.from, to: email.to }) }),
    ALERT_RUNBOOK_URL: runbook_url,
    WEBHOOK_EXEMPT_HOSTS: JSON.stringify(webhook_exempt_hosts),
  };
}
