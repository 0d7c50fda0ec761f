import * as z from 'zod';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';

/** SES takes at most 50 addresses in one mail (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). */
export const MAX_RECIPIENTS = 50;

const address = z.email().max(254);

/** Who is mailed of alerts, and in whose name. */
export const alertEmailSchema = z.strictObject({
  from: address.describe('The address that mails of alerts come from.'),
  to: z.array(address).min(1).max(MAX_RECIPIENTS).describe('Who is mailed of alerts.'),
});

/** Hosts that alert webhooks may be at although their addresses are not public: names, or addresses without brackets. */
export const exemptHostsSchema = z.array(
  z
    .string()
    .regex(/^[a-z0-9.:_-]+$/, { error: 'must be a host name or an address, in lower case and without brackets' }),
);

/** Settings of the functions that tell alerts, or say who is told. */
export const alertSettingsShape = {
  ALERT_EMAIL: jsonSetting(alertEmailSchema)
    .optional()
    .describe('Who is mailed of alerts, and in whose name, as JSON; absent: nobody.'),
  ALERT_RUNBOOK_URL: z.url().describe('Where the runbook is; alerts link to its sections.'),
  WEBHOOK_EXEMPT_HOSTS: jsonSetting(exemptHostsSchema).describe(
    'Hosts that webhooks may call although their addresses are not public, as JSON.',
  ),
};
