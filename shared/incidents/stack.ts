/** Stacks of errors as a log line has them: pure texts, read without trust in their form. */

/** Errors that are looked through, each the cause of the one before. */
const MAX_CAUSES = 5;
/** Characters of all stacks together: a row is rewritten whole each time it is counted. */
const MAX_STACK_CHARS = 4_000;

/** The stack of one error. */
interface Stack {
  /** What comes before its frames: name and message. */
  readonly head: string;
  /** Without their `at`; none where it is not sure which these are. */
  readonly frames: readonly string[];
}

/**
 * The stack of an error with those of its causes.
 *
 * @param error as `redact` leaves it
 * @returns null when it has none
 */
export function stackOf(error: unknown): string | null {
  const stacks = stacksOf(error).map(({ head, frames }) => [head, ...frames].join('\n    at '));
  return stacks.length === 0 ? null : stacks.join('\nCaused by: ').slice(0, MAX_STACK_CHARS);
}

const FRAME = /^(?:(?:async |new )?([\w$.<>[\] ]{1,80}) \()?([^\s()]{1,300}?):\d+:\d+\)?$/;
/** Files that are not Haven's own, wherever they lie. */
const FOREIGN = /^node:|[\\/]node_modules[\\/]/;
/** Haven's own: its sources, and its bundle where that has no source map. */
const OWN = /(?:^|\/)(?:shared|functions)\/|\/(?:index|chunk-[A-Z0-9]+)\.mjs$/;

/**
 * Where an error was thrown, or the last place of Haven's own before it: function and file. Without line and column, so that
 * a deployment that moves lines makes no new error.
 *
 * @param error as `redact` leaves it
 * @returns undefined when no frame is Haven's own
 */
export function frameOf(error: unknown): string | undefined {
  for (const frame of stacksOf(error).flatMap(({ frames }) => frames)) {
    const [, name, file] = FRAME.exec(frame) ?? [];
    if (file === undefined || FOREIGN.test(file) || !OWN.test(file)) continue;
    const path = file.replace(/^.*?\/(?=(?:shared|functions)\/)/, '').replace(/^file:\/\//, '');
    return name === undefined ? path : `${name} (${path})`;
  }
  return undefined;
}

function stacksOf(error: unknown): readonly Stack[] {
  const stacks: Stack[] = [];
  let next = error;
  while (typeof next === 'object' && next !== null && stacks.length < MAX_CAUSES) {
    const message = 'message' in next && typeof next.message === 'string' ? next.message : '';
    if ('stack' in next && typeof next.stack === 'string') stacks.push(split(next.stack, message.trim()));
    next = 'cause' in next ? next.cause : undefined;
  }
  return stacks;
}

/** What stands before the message: `TypeError [ERR_INVALID_URL]:`. */
const NAME = /^[\w$.]+(?: \[\w+\])?:?/;

/**
 * Parts a stack behind the message. A message may have what callers chose, and lines in it that look like frames: they would be places in code
 * that are none, as many as a caller likes. In the log, runs of white space are shortened, and so the lines of a stack are joined.
 */
function split(stack: string, message: string): Stack {
  const unsure = { head: stack, frames: [] };
  const afterName = stack.slice(NAME.exec(stack)?.[0].length ?? 0);
  const start = message === '' ? 0 : afterName.indexOf(message);
  if (start < 0 || afterName.slice(0, start).trim() !== '') return unsure;
  const afterMessage = afterName.slice(start + message.length);
  const [between = '', ...frames] = afterMessage.split(/\s{2,}at /);
  if (between.trim() !== '') return unsure;
  return { head: stack.slice(0, stack.length - afterMessage.length), frames: frames.map((frame) => frame.trim()) };
}
