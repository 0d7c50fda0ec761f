import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { type AnchorDependencies, writeAnchors } from '#shared/audit/anchors/write-anchors.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 2_000;

/** An operator's event; the schedule's has other fields, which mean nothing here. */
const eventSchema = z.object({
  /** Whether to anchor what today has had so far, instead of waiting for midnight. */
  now: z.boolean().default(false),
});

/** Makes the function that anchors audit streams: it writes each anchor that is due, and tells how many. */
export function createHandler(deps: AnchorDependencies) {
  return async (
    event: unknown,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<{ readonly written: number }> => {
    const { now } = eventSchema.catch({ now: false }).parse(event);
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    return { written: await writeAnchors(deps, now, deadline) };
  };
}
