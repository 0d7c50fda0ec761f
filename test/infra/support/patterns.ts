/**
 * Whether some text is covered by both of two IAM patterns, in which `*` is any text and `?` any character. Case counts,
 * as it does in ARNs; actions are to be passed in lower case.
 */
export function overlap(left: string, right: string): boolean {
  const known = new Map<number, boolean>();
  const from = (i: number, j: number): boolean => {
    const key = i * (right.length + 1) + j;
    const answer = known.get(key) ?? compare(i, j);
    known.set(key, answer);
    return answer;
  };
  const compare = (i: number, j: number): boolean => {
    const a = left[i];
    const b = right[j];
    if (a === undefined && b === undefined) return true;
    if (a === '*') return from(i + 1, j) || (b !== undefined && from(i, j + 1));
    if (b === '*') return from(i, j + 1) || (a !== undefined && from(i + 1, j));
    if (a === undefined || b === undefined) return false;
    return (a === b || a === '?' || b === '?') && from(i + 1, j + 1);
  };
  return from(0, 0);
}

/** Whether two patterns of IAM actions have an action in common; their case doesn't count. */
export function actionsOverlap(left: string, right: string): boolean {
  return overlap(left.toLowerCase(), right.toLowerCase());
}
