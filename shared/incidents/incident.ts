import { createHash } from 'node:crypto';
import type { SecurityKind } from '#shared/platform/log/kept-lines.ts';

/**
 * One thing that went wrong: an error that Haven must answer for, or a security event. Pure. It comes from a log line, which was rid of all
 * secrets when it was written, and is so once more before it is stored.
 */
export interface Incident {
  /** The id that CloudWatch Logs gave its line: the same however often the line is delivered. */
  readonly lineId: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly kind: 'error' | 'security';
  /** Of a security event: what it is. */
  readonly security: SecurityKind | undefined;
  /** An error's code, or the name of the log message; of a security event its kind in upper case. */
  readonly code: string;
  /** The function that wrote the line. */
  readonly function: string;
  /** Where in it: route, and the frame of the stack that is Haven's own. */
  readonly place: string;
  readonly message: string;
  readonly requestId: string | null;
  readonly errorId: string | null;
  readonly principal: string | null;
  /** Where a request came from. For patterns only: it is never stored with what happened. */
  readonly sourceAddress: string | null;
  /** Whatever else the line said. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Of an error, with the stacks of its causes. */
  readonly stack: string | null;
}

/**
 * How long equal incidents share a row. Ten minutes: an hour's storm is six rows, and what is over can be told from what goes on.
 */
export const GROUP_WINDOW_MS = 600_000;

/**
 * What makes incidents equal: code, function and place. Nothing that a caller chooses is in it, so nobody can make rows at will: there are
 * at most as many in a window as there are codes at places in code.
 */
export function fingerprintOf({ kind, code, function: name, place }: IncidentName): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, code, name, place]))
    .digest('hex')
    .slice(0, FINGERPRINT_CHARS);
}

/** Enough to tell apart what one stage can throw; short enough not to be taken for a key. */
const FINGERPRINT_CHARS = 16;

/** What equal incidents have in common. */
export type IncidentName = Pick<Incident, 'kind' | 'code' | 'function' | 'place'>;

/** Equal incidents of one window. */
export interface IncidentGroup {
  readonly fingerprint: string;
  /** Milliseconds since the Unix epoch. */
  readonly windowStartMs: number;
  /** By time, the oldest first; at least one. */
  readonly incidents: readonly [Incident, ...Incident[]];
}

/** Equal incidents of the same window, together: one write each, however many there are. */
export function groupIncidents(incidents: readonly Incident[]): readonly IncidentGroup[] {
  const groups = Map.groupBy(incidents, (one) => `${fingerprintOf(one)} ${windowStartOf(one.atMs)}`);
  return [...groups.values()].flatMap((members) => {
    const [first, ...others] = members.toSorted((a, b) => a.atMs - b.atMs);
    if (first === undefined) return [];
    const incidentsByTime: [Incident, ...Incident[]] = [first, ...others];
    return [
      { fingerprint: fingerprintOf(first), windowStartMs: windowStartOf(first.atMs), incidents: incidentsByTime },
    ];
  });
}

/** When the window of a time began. */
export function windowStartOf(atMs: number): number {
  return Math.floor(atMs / GROUP_WINDOW_MS) * GROUP_WINDOW_MS;
}
