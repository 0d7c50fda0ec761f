import { createHash } from 'node:crypto';
import type { Pattern, SecurityEvent } from './patterns.ts';

/** What one batch saw of one subject of a pattern, in one window. */
export interface Sightings {
  readonly pattern: Pattern;
  readonly subject: string;
  /** Which window since the Unix epoch. */
  readonly window: number;
  /** Digests of what was seen, each once, as many as matter. */
  readonly things: ReadonlySet<string>;
  /** The latest event: its time and request are named in the alert. */
  readonly latest: SecurityEvent;
}

/** What is seen is kept as so many characters of a digest: of a million things, two are taken for one once in a thousand years of attacks. */
const THING_CHARS = 16;
/** Characters of a subject in a key; ids and addresses have fewer. */
const MAX_SUBJECT_CHARS = 128;

/** Sorts events into sightings: one write each, however many events a batch holds. */
export function sightingsOf(patterns: readonly Pattern[], events: readonly SecurityEvent[]): readonly Sightings[] {
  return patterns.flatMap((pattern) => {
    const seen = events.flatMap((event) => {
      const sighting = pattern.sightingOf(event);
      if (sighting === undefined) return [];
      const subject = sighting.subject.slice(0, MAX_SUBJECT_CHARS);
      return [{ event, subject, thing: digest(sighting.thing), window: windowOf(pattern, event.incident.atMs) }];
    });
    return [...Map.groupBy(seen, ({ subject, window }) => `${window} ${subject}`).values()].flatMap((group) => {
      const [first, ...others] = group;
      if (first === undefined) return [];
      const latest = others.reduce((a, b) => (b.event.incident.atMs >= a.event.incident.atMs ? b : a), first).event;
      const things = new Set([...new Set(group.map(({ thing }) => thing))].slice(0, pattern.threshold));
      return [{ pattern, subject: first.subject, window: first.window, things, latest }];
    });
  });
}

/** Which window a time is in. */
export function windowOf({ windowMs }: Pick<Pattern, 'windowMs'>, atMs: number): number {
  return Math.floor(atMs / windowMs);
}

/**
 * Whether a counter has seen enough: in a window and the one beside it together. So whatever comes within the length of one window is
 * found, wherever windows begin and in whatever order it is told, and what takes longer than two is not.
 * (Lines that come more than two windows late may find their window removed.)
 *
 * @param seen by window
 */
export function isReached(
  { threshold }: Pick<Pattern, 'threshold'>,
  seen: ReadonlyMap<number, ReadonlySet<string>>,
  window: number,
): boolean {
  const own = seen.get(window) ?? [];
  return [window - 1, window + 1].some((beside) => new Set([...own, ...(seen.get(beside) ?? [])]).size >= threshold);
}

function digest(thing: string): string {
  return createHash('sha256').update(thing).digest('base64url').slice(0, THING_CHARS);
}
