import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { addressSubject } from '#shared/access/lockout.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { groupIncidents, type Incident } from './incident.ts';
import type { IncidentStore } from './incident-store.ts';
import { patternAlert } from './pattern-alert.ts';
import type { PatternCounters } from './pattern-counters.ts';
import { PATTERNS, type SecurityEvent } from './patterns.ts';
import { securityMetric } from './security-metric.ts';
import { type Sightings, sightingsOf } from './sightings.ts';

/** What keeping incidents needs. */
export interface KeepDependencies {
  readonly client: DynamoDBDocumentClient;
  /** The logs table; needs the right to put alerts there. */
  readonly tables: { readonly logs: string };
  readonly store: IncidentStore;
  readonly counters: PatternCounters;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Writes at once: a batch of many subjects is done in time, and no table is flooded. */
const AT_ONCE = 8;

/**
 * Keeps a batch of what went wrong: counts equal ones in one row each, and tells of patterns. All is tried whatever fails of it.
 *
 * @throws the first failure; the batch comes again, and alerts and patterns are as if it had come once
 */
export async function keepIncidents(
  deps: KeepDependencies,
  incidents: readonly Incident[],
  deadline: Deadline,
): Promise<void> {
  const events = incidents.flatMap(eventOf);
  const groups = groupIncidents(incidents);
  const steps = [
    ...groups.map((group) => () => deps.store.add(group)),
    ...sightingsOf(PATTERNS, events).map((sightings) => () => countSightings(deps, sightings, deadline)),
  ];
  const failures: unknown[] = [];
  for (let start = 0; start < steps.length; start += AT_ONCE) {
    const outcomes = await Promise.allSettled(steps.slice(start, start + AT_ONCE).map((step) => step()));
    failures.push(...outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : [])));
  }
  if (failures.length > 0) {
    deps.log.write('INCIDENTS_NOT_KEPT', { failed: failures.length, error: failures[0] });
    throw failures[0];
  }
  for (const [kind, ofKind] of Map.groupBy(events, (event) => event.kind)) {
    deps.metrics.count(securityMetric(kind), ofKind.length);
  }
  const errors = incidents.length - events.length;
  if (errors > 0) deps.metrics.count('ErrorKept', errors);
  deps.log.write('INCIDENTS_KEPT', { errors, security_events: events.length, rows: groups.length });
}

function eventOf(incident: Incident): readonly SecurityEvent[] {
  if (incident.security === undefined) return [];
  const { sourceAddress } = incident;
  const address = sourceAddress === null ? undefined : addressSubject(sourceAddress);
  return [{ kind: incident.security, incident, address }];
}

async function countSightings(deps: KeepDependencies, sightings: Sightings, deadline: Deadline): Promise<void> {
  if (!(await deps.counters.count(sightings))) return;
  const alert = patternAlert(sightings);
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert, { onKnown: () => new Raced('It is on record') });
  try {
    await write.commit(deps.client, deadline);
  } catch (error) {
    if (error instanceof Raced) return;
    throw error;
  }
  deps.log.write('PATTERN_FOUND', { pattern: sightings.pattern.name, alert_id: alert.id });
  reportAlert(deps, alert);
}
