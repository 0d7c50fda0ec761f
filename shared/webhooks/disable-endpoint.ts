import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import type { DisabledReason, WebhookEndpoint } from './endpoint.ts';
import { changedEndpoint, type EndpointStore, putEndpoint } from './endpoint-store.ts';
import { restedStanding } from './standing.ts';
import { putStanding, type StandingStore } from './standing-store.ts';

/** What disabling endpoints needs. */
export interface DisableDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly notify: string; readonly audit: string; readonly logs: string };
  readonly endpoints: Pick<EndpointStore, 'find'>;
  readonly standings: Pick<StandingStore, 'load'>;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** Rivals are operators who change it, and who adds to it. */
const DISABLE_RETRY: RetryPolicy = { maxAttempts: 5, baseDelayMs: 20, maxDelayMs: 200 };

const SUMMARY: Readonly<Record<Exclude<DisabledReason, 'operator'>, string>> = {
  gone: 'A webhook endpoint answered 410 and is disabled: it is told of nothing any more',
  failing: 'A webhook endpoint took nothing for days and is disabled: it is told of nothing any more',
};

/**
 * Disables an endpoint that wants to hear nothing any more, or can't; with an audit entry and an alert, so that somebody asks the integrator.
 * What was not delivered stays open, and goes on when it is enabled;
 * until then it is put to rest, in the same write, so that nobody who enables it meanwhile is overruled.
 *
 * @param requestId the invocation, for the audit entry
 * @returns false when it is another one by now: disabled already, or with another URL
 */
export async function disableEndpoint(
  deps: DisableDependencies,
  endpoint: WebhookEndpoint,
  reason: Exclude<DisabledReason, 'operator'>,
  requestId: string,
  deadline: Deadline,
): Promise<boolean> {
  const { client, tables, endpoints, standings, clock, newId, wait } = deps;
  const alert = await untilUnraced(
    async () => {
      const before = await endpoints.find(endpoint.id);
      // Somebody gave it another address meanwhile: what was heard is of the old one.
      if (before === undefined || !before.enabled || before.url !== endpoint.url) return undefined;
      const at = isoTime(clock());
      const changed = changedEndpoint(
        before,
        { ...before, enabled: false, disabled_reason: reason, disabled_at: at },
        {
          action: 'webhook_endpoint.disabled',
          actor: 'webhook-sender',
          severity: 'WARNING',
          request_id: requestId,
          detail: { reason },
        },
        at,
      );
      const alert = {
        id: newId('alr'),
        severity: 'ERROR' as const,
        category: 'circuit_open' as const,
        summary: SUMMARY[reason],
        // Not its URL, which may hold what only its owner should know.
        details: { endpoint_id: before.id, reason },
        // One that somebody enabled and that is disabled again is told again, however soon.
        dedupe_key: `${before.id}#disabled#${at}`,
        occurred_at: at,
      };
      const write = new WriteTransaction();
      putEndpoint(write, tables, changed, () => new Raced('The endpoint was changed'));
      recordAlert(write, tables, alert);
      const standing = await standings.load(before.id);
      if (standing !== undefined) putStanding(write, tables.notify, standing, restedStanding(standing));
      await write.commit(client, deadline, wait);
      return alert;
    },
    DISABLE_RETRY,
    deadline,
    wait,
  );
  if (alert === undefined) return false;
  deps.log.write('WEBHOOK_ENDPOINT_DISABLED', { endpoint_id: endpoint.id, reason });
  deps.metrics.count('WebhookEndpointDisabled');
  reportAlert(deps, alert);
  return true;
}
