/** How services say that something is not there. */
const NOT_THERE = new Set(['ResourceNotFoundException', 'NoSuchBucket', 'NoSuchKey', 'NoSuchVersion']);
/** CloudFormation has no name of its own for it. */
const NO_STACK = /^Stack .* does not exist$/;

/**
 * Reads what was listed a moment ago. Other files make tables, stacks and files of their own and take them away meanwhile.
 *
 * @returns undefined: it is gone
 * @throws whatever else goes wrong
 */
export async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && isGone(error)) return undefined;
    throw error;
  }
}

/** The same of a file or a folder, which is read at once. */
export function unlessFileGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isGone(error: Error): boolean {
  if (error.name === 'ValidationError') return NO_STACK.test(error.message);
  return NOT_THERE.has(error.name);
}
