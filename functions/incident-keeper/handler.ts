import type { Context } from 'aws-lambda';
import { type KeepDependencies, keepIncidents } from '#shared/incidents/keep-incidents.ts';
import { readBatch } from '#shared/incidents/read-batch.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** What the incident keeper needs. */
export interface IncidentKeeperDependencies extends KeepDependencies {
  readonly clock: Clock;
}

/** Left over for Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/**
 * Makes the function that keeps errors and security events: subscriptions of the functions' log groups call it with lines that are marked. What it
 * can't read or store it throws at, so that Lambda tries it twice more, and then its dead-letter queue has it.
 */
export function createHandler(deps: IncidentKeeperDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const incidents = readBatch(event);
    if (incidents.length > 0) await keepIncidents(deps, incidents, deadline);
  };
}
