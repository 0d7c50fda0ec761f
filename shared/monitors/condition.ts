import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { alertCategorySchema, alertSeveritySchema, GRAVITY } from '#shared/alerts/alert.ts';
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

/** When something was told, and as how grave. ISO 8601, UTC, as all times here. */
const toldSchema = z.object({ at: z.string(), severity: alertSeveritySchema });

/** A condition as it is stored: while it is open, and afterwards for a while how it was. */
export const conditionSchema = z.object({
  /** 160 characters at most, so that with time and number behind it, it is a dedupe key of an alert. */
  key: z.string().min(1).max(160),
  /** The check whose look decides whether it is still so. */
  check: z.string(),
  category: alertCategorySchema,
  /** As the last look found it, as are summary and details: what ends is told by what was known of it last. */
  severity: alertSeveritySchema,
  summary: z.string(),
  details: z.record(z.string(), z.unknown()),
  state: z.enum(['open', 'resolved']),
  opened_at: z.string(),
  resolved_at: z.string().nullable(),
  /** When it was last told since it opened, and as how grave; null: nobody was told. */
  told: toldSchema.nullable(),
  /** The gravest that was told since it opened: who heard of that hears of the end. Null: nobody was told. */
  gravest_told: alertSeveritySchema.nullable().default(null),
  /** Notices since it opened. */
  notices: z.number().int().nonnegative(),
  /** Openings that were told lately, by the condition or by the owner of the fact, each with the gravest that was told of it; the latest last. */
  openings: z.array(toldSchema).default([]),
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

/** Openings of one condition that are told within a cool-down, unless one is graver than those. What flaps beyond that is told when the oldest is that old. */
export const MAX_OPENINGS_TOLD = 3;

type Severity = Condition['severity'];
type Told = z.output<typeof toldSchema>;

/** Something that a look found, and which check it is of. */
export type FoundCondition = RaisedCondition & { readonly check: string };

/**
 * What becomes of a condition with a look at the facts. It opens with a notice, says so again when it is graver than what was told, at
 * once, and when the cool-down has passed since it was last told; and it is resolved with a notice to who was told. One that opens over
 * and over is told so at most `MAX_OPENINGS_TOLD` times within a cool-down, and once more when it is graver than all of those. Pure.
 *
 * @param stored undefined: there is none
 * @param raised what this look found; undefined: it is not so any more
 * @returns undefined: nothing changes, so that nothing needs to be stored
 */
export function stepCondition(
  stored: Condition | undefined,
  raised: FoundCondition | undefined,
  nowMs: number,
  coolDownMs: number,
): ConditionStep | undefined {
  if (raised === undefined) return stored?.state === 'open' ? ended(stored, nowMs, stored.told !== null) : undefined;
  const seen = seenAs(stored, raised, nowMs);
  const recent = seen.openings.filter(({ at }) => nowMs - Date.parse(at) < coolDownMs);
  const notice = noticeOf(seen, raised, recent, nowMs, coolDownMs);
  const told =
    notice === undefined ? adopted(seen, raised, recent, nowMs) : { at: isoTime(nowMs), severity: raised.severity };
  const isNews = told !== null && told !== seen.told;
  if (stored?.state === 'open' && !isNews && isSame(stored, seen)) return undefined;
  return {
    after: {
      ...seen,
      told,
      gravest_told: isNews ? graverOf(seen.gravest_told, told.severity) : seen.gravest_told,
      notices: seen.notices + (notice === undefined ? 0 : 1),
      openings: isNews ? withTold(recent, told, seen.told === null) : recent,
      version: (stored?.version ?? 0) + 1,
    },
    notice,
  };
}

/** What becomes of an open condition of which nothing is to be said any more: it ends without a notice. Pure. */
export function lapsedCondition(stored: Condition, nowMs: number): ConditionStep {
  return ended(stored, nowMs, false);
}

/**
 * What becomes of a condition that is heard to be over while nothing is open: that is kept, so that a beginning which is heard of late is known to be
 * one that is over. Nobody is told. Pure.
 */
export function overBefore(stored: Condition | undefined, found: FoundCondition, nowMs: number): ConditionStep {
  const seen = seenAs(stored, found, nowMs);
  const version = (stored?.version ?? 0) + 1;
  return { after: { ...seen, state: 'resolved', resolved_at: isoTime(nowMs), version }, notice: undefined };
}

function ended(stored: Condition, nowMs: number, isTold: boolean): ConditionStep {
  return {
    after: {
      ...stored,
      state: 'resolved',
      resolved_at: isoTime(nowMs),
      notices: stored.notices + (isTold ? 1 : 0),
      version: stored.version + 1,
    },
    notice: isTold ? 'resolved' : undefined,
  };
}

/** The condition with what was found now, before anybody is told. */
function seenAs(
  stored: Condition | undefined,
  { isToldByItsOwner: _, ...found }: FoundCondition,
  nowMs: number,
): Condition {
  if (stored?.state === 'open') return { ...stored, ...found };
  return {
    ...found,
    state: 'open',
    opened_at: isoTime(nowMs),
    resolved_at: null,
    told: null,
    gravest_told: null,
    notices: 0,
    openings: stored?.openings ?? [],
    version: 0,
  };
}

function noticeOf(
  { told }: Condition,
  { severity, isToldByItsOwner }: RaisedCondition,
  recent: readonly Told[],
  nowMs: number,
  coolDownMs: number,
): Notice | undefined {
  if (told === null) return !isToldByItsOwner && isHeard(recent, severity) ? 'opened' : undefined;
  if (GRAVITY[severity] > GRAVITY[told.severity] && !isToldByItsOwner) return 'graver';
  return nowMs - Date.parse(told.at) >= coolDownMs ? 'repeated' : undefined;
}

/** What counts as told although no notice is given: what the owner of the fact has told, as long as it does not flap. */
function adopted(
  { told }: Condition,
  { severity, isToldByItsOwner }: RaisedCondition,
  recent: readonly Told[],
  nowMs: number,
): Told | null {
  if (!isToldByItsOwner) return told;
  const isNew = told === null ? isHeard(recent, severity) : GRAVITY[severity] > GRAVITY[told.severity];
  return isNew ? { at: isoTime(nowMs), severity } : told;
}

/** Whether one more opening is told after those: they are few, or this one is graver than any of them. */
function isHeard(recent: readonly Told[], severity: Severity): boolean {
  return recent.length < MAX_OPENINGS_TOLD || recent.every((opening) => GRAVITY[severity] > GRAVITY[opening.severity]);
}

/** The openings with one more, or the latest as grave as what was told of it now. */
function withTold(recent: readonly Told[], told: Told, isOpening: boolean): Told[] {
  const latest = recent.at(-1);
  if (isOpening) return [...recent, told];
  if (latest === undefined) return [];
  return [...recent.slice(0, -1), { at: latest.at, severity: graverOf(latest.severity, told.severity) }];
}

function graverOf(a: Severity | null, b: Severity): Severity {
  return a !== null && GRAVITY[a] > GRAVITY[b] ? a : b;
}

/** Whether a look found what is stored already. As JSON, because that is what a table keeps of details. */
function isSame(stored: Condition, seen: Condition): boolean {
  const facts = ({ severity, summary, details }: Condition): unknown =>
    JSON.parse(JSON.stringify({ severity, summary, details }));
  return isDeepStrictEqual(facts(stored), facts(seen));
}
