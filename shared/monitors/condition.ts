import * as z from 'zod';
import { alertCategorySchema, alertSeveritySchema } from '#shared/alerts/alert.ts';
import { isoTime } from '#shared/platform/clock.ts';

/** Something that is not as it should be, as one look found it. */
export interface RaisedCondition {
  /** The same for the same thing at every look: `<check>` or `<check>:<what it is about>`. */
  readonly key: string;
  readonly category: Condition['category'];
  readonly severity: Condition['severity'];
  /** One sentence for people: what is wrong. */
  readonly summary: string;
  /** Facts: ids, addresses, names, counts. Never a secret: alerts leave Haven. */
  readonly details: Readonly<Record<string, unknown>>;
  /**
   * Who made the fact has recorded an alert with it, in the same transaction: of its begin, and of its getting worse. Then the
   * condition tells neither, and only repeats and resolves.
   */
  readonly isToldByItsOwner?: true;
}

/** A condition as it is stored: while it is open, and afterwards for a while how it was. */
export const conditionSchema = z.object({
  /** 160 characters at most, so that with time and number behind it, it is a dedupe key of an alert. */
  key: z.string().min(1).max(160),
  /** The check whose look decides whether it is still so. */
  check: z.string(),
  category: alertCategorySchema,
  /** As of when it was last told or stored. */
  severity: alertSeveritySchema,
  summary: z.string(),
  details: z.record(z.string(), z.unknown()),
  state: z.enum(['open', 'resolved']),
  /** ISO 8601, UTC, as all times here. */
  opened_at: z.string(),
  resolved_at: z.string().nullable(),
  /** When it was last told since it opened, and the gravest that was told; null: nobody was told. */
  told: z.object({ at: z.string(), severity: alertSeveritySchema }).nullable(),
  /** Notices since it opened. */
  notices: z.number().int().nonnegative(),
  /** When openings were told last, the latest last: what opens over and over is told seldom. */
  openings_told: z.array(z.string()),
  version: z.number().int().positive(),
});

/** A condition as it is stored. */
export type Condition = z.output<typeof conditionSchema>;

/** Why a condition is told. */
export type Notice = 'opened' | 'graver' | 'repeated' | 'resolved';

/** What becomes of a condition with a look, and whether somebody is told. */
export interface ConditionStep {
  readonly after: Condition;
  readonly notice: Notice | undefined;
}

/** Openings of one condition that are told within a cool-down. What flaps beyond that is told when the oldest of these is that old. */
export const MAX_OPENINGS_TOLD = 3;

const GRAVITY = { INFO: 0, WARNING: 1, ERROR: 2, CRITICAL: 3 } as const;

/**
 * What becomes of a condition with a look at the facts. It opens with a notice, says so again when it is graver than what was told, at
 * once, and when the cool-down has passed since it was last told; and it is resolved with a notice to who was told. One that opens over
 * and over is told so at most `MAX_OPENINGS_TOLD` times within a cool-down. Pure.
 *
 * @param stored undefined: there is none
 * @param raised what this look found; undefined: it is not so any more
 * @returns undefined: nothing changes, so that nothing needs to be stored
 */
export function stepCondition(
  stored: Condition | undefined,
  raised: (RaisedCondition & { readonly check: string }) | undefined,
  nowMs: number,
  coolDownMs: number,
): ConditionStep | undefined {
  if (raised === undefined) return stored?.state === 'open' ? resolved(stored, nowMs) : undefined;
  const seen = seenAs(stored, raised, nowMs);
  const notice = noticeOf(seen, raised, nowMs, coolDownMs);
  const told = notice === undefined ? adopted(seen, raised, nowMs) : { at: isoTime(nowMs), severity: raised.severity };
  if (stored?.state === 'open' && told === stored.told) return undefined;
  const openings = recentOpenings(seen, nowMs, coolDownMs);
  return {
    after: {
      ...seen,
      told,
      notices: seen.notices + (notice === undefined ? 0 : 1),
      openings_told: notice === 'opened' ? [...openings, isoTime(nowMs)] : openings,
      version: (stored?.version ?? 0) + 1,
    },
    notice,
  };
}

function resolved(stored: Condition, nowMs: number): ConditionStep {
  const notice = stored.told === null ? undefined : ('resolved' as const);
  return {
    after: {
      ...stored,
      state: 'resolved',
      resolved_at: isoTime(nowMs),
      notices: stored.notices + (notice === undefined ? 0 : 1),
      version: stored.version + 1,
    },
    notice,
  };
}

/** The condition with what was found now, before anybody is told. */
function seenAs(
  stored: Condition | undefined,
  { isToldByItsOwner: _, ...found }: RaisedCondition & { readonly check: string },
  nowMs: number,
): Condition {
  if (stored?.state === 'open') return { ...stored, ...found };
  return {
    ...found,
    state: 'open',
    opened_at: isoTime(nowMs),
    resolved_at: null,
    told: null,
    notices: 0,
    openings_told: stored?.openings_told ?? [],
    version: 0,
  };
}

function noticeOf(
  { told, openings_told }: Condition,
  { severity, isToldByItsOwner }: RaisedCondition,
  nowMs: number,
  coolDownMs: number,
): Notice | undefined {
  if (told === null) {
    if (isToldByItsOwner) return undefined;
    return recentOpenings({ openings_told }, nowMs, coolDownMs).length < MAX_OPENINGS_TOLD ? 'opened' : undefined;
  }
  if (GRAVITY[severity] > GRAVITY[told.severity] && !isToldByItsOwner) return 'graver';
  return nowMs - Date.parse(told.at) >= coolDownMs ? 'repeated' : undefined;
}

/** What counts as told although no notice is given: what the owner of the fact has told. */
function adopted(
  { told }: Condition,
  { severity, isToldByItsOwner }: RaisedCondition,
  nowMs: number,
): Condition['told'] {
  if (!isToldByItsOwner) return told;
  if (told !== null && GRAVITY[severity] <= GRAVITY[told.severity]) return told;
  return { at: isoTime(nowMs), severity };
}

function recentOpenings(
  { openings_told }: Pick<Condition, 'openings_told'>,
  nowMs: number,
  coolDownMs: number,
): string[] {
  return openings_told.filter((at) => nowMs - Date.parse(at) < coolDownMs);
}
