import * as z from 'zod';
import { type Alert, alertCategorySchema, alertSeveritySchema, GRAVITY } from '../alert.ts';
import { quietHoursSchema, quietUntilMs } from './quiet-hours.ts';

/** What a channel wants to hear of, and when. */
export const routingSchema = z.object({
  min_severity: alertSeveritySchema,
  /** Null: of all. */
  severities: z.array(alertSeveritySchema).nullable(),
  /** Null: of all. */
  categories: z.array(alertCategorySchema).nullable(),
  /** Null: none. */
  quiet_hours: quietHoursSchema.nullable(),
});

/** What a channel wants to hear of, and when. */
export type Routing = z.output<typeof routingSchema>;

/** A channel that hears of everything, at once. */
export const TELL_ALL: Routing = { min_severity: 'INFO', severities: null, categories: null, quiet_hours: null };

/** What must be known of a channel to say what it is told. */
export interface RoutedChannel {
  readonly name: string;
  readonly breaker: { readonly name: string };
  readonly routing: Routing;
}

/**
 * Whether a channel is told of an alert. Not one that the alert is about, because it is what fails: by name, or by the circuit before it. A test of one
 * channel is for that one, whatever it wants to hear of. That something is over goes to who wanted to hear that it is so.
 */
export function isFor(alert: Alert, { name, breaker, routing }: RoutedChannel): boolean {
  const { audience, category, details, severity: shown, routed_as: severity = shown } = alert;
  if (audience !== undefined && 'only' in audience) return audience.only.includes(name);
  if (audience?.except.includes(name) === true) return false;
  if (category === 'circuit_open' && details['circuit'] === breaker.name) return false;
  return (
    GRAVITY[severity] >= GRAVITY[routing.min_severity] &&
    routing.severities?.includes(severity) !== false &&
    routing.categories?.includes(category) !== false
  );
}

/**
 * Until when an alert waits for the end of a channel's quiet hours. CRITICAL ones never do, nor does a test of the channel.
 *
 * @returns milliseconds since the Unix epoch; undefined when it is told now
 */
export function heldUntilMs(
  { severity, audience }: Pick<Alert, 'severity' | 'audience'>,
  { quiet_hours }: Routing,
  nowMs: number,
): number | undefined {
  if (severity === 'CRITICAL' || quiet_hours === null) return undefined;
  if (audience !== undefined && 'only' in audience) return undefined;
  return quietUntilMs(quiet_hours, nowMs);
}
