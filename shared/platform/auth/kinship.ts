import type { Principal } from './principal.ts';

/**
 * Whether two principals may be one person. An API key is shown to who makes it, so whoever made a key, or made who made it, can use
 * it; and a key that took another's place by rotation is the same key. Two keys that come of one maker may have been given to two
 * people, and may as well be kept by who made both: only of what the first admin key made is the first taken for granted.
 */
export type Kin = Pick<Principal, 'id' | 'line' | 'makers'>;

/** The first key of a principal's rotations: the same for all that took each other's place. */
export function lineOf({ id, line }: Kin): string {
  return line ?? id;
}

/** Whether one of two principals is, or made, the other. */
export function areKin(one: Kin, other: Kin): boolean {
  return (
    lineOf(one) === lineOf(other) ||
    (one.makers ?? []).includes(lineOf(other)) ||
    (other.makers ?? []).includes(lineOf(one))
  );
}

/** Who makes the first admin key of a deployment; of each generation (`admin_key_generation`) of it one. */
export const FIRST_MAKER = 'access-bootstrap';

/**
 * Whether one key or person may have made both: they share a maker that is not a first admin key. What a first admin key makes
 * counts as given to others: somebody has to begin, and it is to be locked away after that (docs/security.md).
 */
export function shareMaker(one: Kin, other: Kin): boolean {
  const begun = new Set([...begunBy(one), ...begunBy(other)]);
  const makers = new Set(other.makers);
  return (one.makers ?? []).some((maker) => makers.has(maker) && !begun.has(maker));
}

/** The first admin key that a key comes of, and who made that: makers are from the nearest to the first. */
function begunBy({ makers = [] }: Kin): readonly string[] {
  const first = makers.indexOf(FIRST_MAKER);
  return first < 0 ? [] : makers.slice(Math.max(0, first - 1), first + 1);
}

/**
 * Who has seen the secret of a key that a principal makes.
 *
 * @param replaced the key whose place it takes
 * @returns lines, the nearest first, the maker's own not among them where it rotates itself
 */
export function makersOf(maker: Kin, replaced?: Kin): string[] {
  const all = new Set([lineOf(maker), ...(maker.makers ?? []), ...(replaced?.makers ?? [])]);
  if (replaced !== undefined) all.delete(lineOf(replaced));
  return [...all];
}
