import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageNotifyKey, stagePager } from '#functions/stage-secrets.ts';
import { createAlertList } from '#shared/alerts/alert-list.ts';
import { createChannelStore } from '#shared/alerts/channels/channel-store.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The alerts API. */
export const handler = apiFunction(
  'alerts-api',
  configSchema,
  (config, runtime) => {
    const email = config.ALERT_EMAIL;
    return bindRoutes({
      ...runtime,
      tables: { logs: config.LOGS_TABLE, notify: config.NOTIFY_TABLE, audit: config.AUDIT_TABLE },
      loadAlert: createDeliveryStore(runtime.client, config.LOGS_TABLE).load,
      listAlerts: createAlertList(runtime.client, config.LOGS_TABLE),
      channels: createChannelStore(runtime.client, config.NOTIFY_TABLE),
      readNotifyKey: stageNotifyKey(config.NOTIFY_SECRET_ARN, runtime.clock),
      recipients: email === undefined ? undefined : { domains: config.ALERT_RECIPIENT_DOMAINS, addresses: email.to },
      exemptHosts: config.WEBHOOK_EXEMPT_HOSTS,
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
      runbookUrl: config.ALERT_RUNBOOK_URL,
      newId,
    });
  },
  auditAccess,
);
