/** A middleware stack of an AWS SDK client, as far as counting and recording need it. */
export interface CountableClient {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<unknown>,
        context: { commandName?: string },
      ) => (args: never) => Promise<unknown>,
      options: { step: 'initialize'; name: string; override: true },
    ): void;
  };
}

/**
 * Counts AWS calls by command name. For tests and benches: what an operation costs is asserted exactly, from the
 * calls its clients really made.
 */
export class AwsCallCounter {
  readonly #counts = new Map<string, number>();

  /** Counts every command that a client sends from now on; an attempt the SDK repeats by itself counts once. */
  attach(client: CountableClient): void {
    client.middlewareStack.add(
      (next, context) => (args) => {
        const name = context.commandName ?? 'unknown';
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
        return next(args);
      },
      { step: 'initialize', name: 'havenCallCounter', override: true },
    );
  }

  /** Calls by command name since the last reset. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** All calls since the last reset. */
  total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Starts again from zero. */
  reset(): void {
    this.#counts.clear();
  }
}
