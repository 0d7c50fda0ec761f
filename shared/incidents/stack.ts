/** Stacks of errors as a log line has them: pure texts, read without trust in their form. */

/** Errors that are looked through, each the cause of the one before. */
const MAX_CAUSES = 5;
/** Characters of all stacks together: a row is rewritten whole each time it is counted. */
const MAX_STACK_CHARS = 4_000;

/**
 * The stack of an error with those of its causes.
 *
 * @param error as `redact` leaves it
 * @returns null when it has none
 */
export function stackOf(error: unknown): string | null {
  const stacks: string[] = [];
  let next = error;
  while (typeof next === 'object' && next !== null && stacks.length < MAX_CAUSES) {
    if ('stack' in next && typeof next.stack === 'string') stacks.push(unfolded(next.stack));
    next = 'cause' in next ? next.cause : undefined;
  }
  return stacks.length === 0 ? null : stacks.join('\nCaused by: ').slice(0, MAX_STACK_CHARS);
}

/** In the log, runs of white space are shortened, and so the lines of a stack are joined. */
function unfolded(stack: string): string {
  return stack.replace(/\s{2,}at /g, '\n    at ');
}

const FRAME = /^\s*at (?:(?:async |new )?([\w$.<>[\] ]{1,80}) \()?([^\s()]{1,300}?):\d+:\d+\)?$/;
/** Files that are not Haven's own. */
const FOREIGN = /^node:|[\\/]node_modules[\\/]/;

/**
 * Where an error was thrown, or the last place of Haven's own before it: function and file. Without line and column, so that
 * a deployment that moves lines makes no new error.
 *
 * @returns undefined when no frame is Haven's own
 */
export function frameOf(stack: string | null): string | undefined {
  for (const line of stack?.split('\n') ?? []) {
    const [, name, file] = FRAME.exec(line) ?? [];
    if (file === undefined || FOREIGN.test(file)) continue;
    const path = file.replace(/^.*?\/(?=(?:shared|functions)\/)/, '').replace(/^file:\/\//, '');
    return name === undefined ? path : `${name} (${path})`;
  }
  return undefined;
}
