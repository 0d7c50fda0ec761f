import type { Principal } from './principal.ts';

/**
 * Whether two principals may be one person. An API key is shown to who makes it, so whoever made a key, or made who made it, can use
 * it; and a key that took another's place by rotation is the same key. Haven can't know who holds a key beyond that: two keys
 * of one maker may have been given to two people, and are no kin.
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

/**
 * Who has seen the secret of a key that a principal makes.
 *
 * @param replaced the key whose place it takes
 * @returns lines, the maker's own not among them where it rotates itself
 */
export function makersOf(maker: Kin, replaced?: Kin): string[] {
  const all = new Set([lineOf(maker), ...(maker.makers ?? []), ...(replaced?.makers ?? [])]);
  if (replaced !== undefined) all.delete(lineOf(replaced));
  return [...all];
}
