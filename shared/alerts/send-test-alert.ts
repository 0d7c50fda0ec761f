import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { AlertDependencies } from './acknowledge-alert.ts';
import type { Alert } from './alert.ts';
import { type AlertView, toAlertView } from './alert-view.ts';
import type { ChannelStore } from './channels/channel-store.ts';
import { channelName } from './channels/stored-channel.ts';
import { toldAlertSchema } from './delivery/told-alert.ts';
import { recordAlert, reportAlert } from './record-alert.ts';

/** What test alerts need. */
export interface TestAlertDependencies extends AlertDependencies {
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Records an alert that says that it is a test; it goes the way of every other, and is never held back as one of the same.
 *
 * @param audience who is told; left out: whoever wants to hear of it
 */
export async function sendTestAlert(
  deps: TestAlertDependencies,
  severity: Alert['severity'],
  context: IdempotentContext,
  audience?: Alert['audience'],
): Promise<AlertView> {
  const id = deps.newId('alr');
  const actor = context.principal.id;
  const alert: Alert = {
    id,
    severity,
    category: 'system_test',
    summary: 'This is a test of alerts: nothing is wrong',
    details: { requested_by: actor },
    dedupe_key: `system_test#${id}`,
    occurred_at: isoTime(deps.clock()),
    ...(audience === undefined ? {} : { audience }),
  };
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    { action: 'alert.test_requested', actor, severity: 'INFO', request_id: context.requestId, detail: { severity } },
    alert.occurred_at,
  );
  const view = toAlertView(toldAlertSchema.parse(alert), deps.runbookUrl);
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 202, body: view });
  recordAlert(write, deps.tables, alert, { head });
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  reportAlert(deps, alert);
  return view;
}

/**
 * Records a test alert for one channel alone.
 *
 * @throws ALERT_CHANNEL_NOT_FOUND, INVALID_TRANSITION when it is not enabled
 */
export async function testChannel(
  deps: TestAlertDependencies & { readonly channels: Pick<ChannelStore, 'get'> },
  channelId: string,
  context: IdempotentContext,
): Promise<AlertView> {
  const channel = await deps.channels.get(channelId);
  if (!channel.enabled) throw new HavenError('INVALID_TRANSITION', `Alert channel ${channelId} is not enabled`);
  return sendTestAlert(deps, 'INFO', context, { only: [channelName(channel)] });
}
