/** Where a command writes: results to stdout, what is going on to stderr. */
export interface Output {
  /** A line of the result. */
  readonly print: (line: string) => void;
  /** A line of what is going on. */
  readonly say: (line: string) => void;
  /** Replaces the line of progress on a terminal; elsewhere a line of its own. */
  readonly progress: (line: string) => void;
  /** Whether `progress` replaces its line. */
  readonly isTerminal: boolean;
}

/** The output of this process. Whoever reads no further (`| head`) has what they wanted: the work goes on, and that is no failure. */
export function processOutput(): Output {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const isTerminal = process.stderr.isTTY === true;
  let hasProgress = false;
  const clear = () => {
    if (hasProgress && isTerminal) process.stderr.write('\r\u001b[K');
    hasProgress = false;
  };
  return {
    isTerminal,
    print: (line) => {
      clear();
      process.stdout.write(`${line}\n`);
    },
    say: (line) => {
      clear();
      process.stderr.write(`${line}\n`);
    },
    progress: (line) => {
      if (!isTerminal) process.stderr.write(`${line}\n`);
      else {
        clear();
        process.stderr.write(line);
        hasProgress = true;
      }
    },
  };
}
