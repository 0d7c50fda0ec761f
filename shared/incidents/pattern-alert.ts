import type { Alert } from '#shared/alerts/alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { idOf } from '#shared/platform/ids.ts';
import { cut, oneLine } from '#shared/platform/plain-text.ts';
import type { Sightings } from './sightings.ts';

/** Characters of an alert's summary, and of its dedupe key. */
const MAX_SUMMARY_CHARS = 300;
const MAX_KEY_CHARS = 200;
const MS_PER_SECOND = 1_000;

/**
 * The alert of a pattern. One for each subject and window, whoever finds it and how often: its id says so. Those of one subject share a dedupe
 * key, so that an attack that goes on is told by cool-down only.
 */
export function patternAlert({ pattern, subject, window, latest }: Sightings): Alert {
  const { name, severity, category, subjectKind, threshold, windowMs } = pattern;
  const { atMs, requestId, principal, place } = latest.incident;
  const plain = oneLine(subject);
  return {
    id: idOf('alr', window * windowMs, `${name} ${subject}`),
    severity,
    category,
    summary: cut(pattern.summary(plain), MAX_SUMMARY_CHARS),
    details: {
      pattern: name,
      // A denial that names no wallet is of who asked for it.
      [subjectKind === 'wallet_id' && !plain.startsWith('wal_') ? 'principal' : subjectKind]: plain,
      at_least: threshold,
      within_seconds: (2 * windowMs) / MS_PER_SECOND,
      last_request_id: requestId,
      last_principal: principal,
      last_place: place,
    },
    dedupe_key: `${name}:${plain}`.slice(0, MAX_KEY_CHARS),
    occurred_at: isoTime(atMs),
  };
}
