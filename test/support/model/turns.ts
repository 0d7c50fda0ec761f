import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** What becomes of one access to a port. */
export interface Mood {
  /**
   * `fail`: the caller gets an error. `kill`: the caller's process dies here, so that none of its code runs any more.
   * `before`: the access had no effect. `after`: it had.
   */
  readonly fate: 'go' | 'fail before' | 'fail after' | 'kill before' | 'kill after';
  /** A read of the chain is answered as that many of its changes ago. */
  readonly staleBy: number;
  /** The node answers, and refuses every call: the caller asks too much of it. */
  readonly refused: boolean;
}

/** An access that passes. */
export const CALM: Mood = { fate: 'go', staleBy: 0, refused: false };

const BROKEN = 'The model broke the connection';

/** Ports of a lane driver; what is thrown at each when it fails. */
const FAILURES = {
  rpc: () => new RpcTransportError(BROKEN),
  store: () => new HavenError('DATABASE_ERROR', BROKEN),
  aws: () => new Error(BROKEN),
  signer: () => new HavenError('KEY_DECRYPTION_FAILED', BROKEN),
  sleep: () => new Error('Sleeping does not fail'),
} as const;

/** Whether an error is one of those, however it was wrapped. */
export function isMeant(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause.message === BROKEN) return true;
  return false;
}

/** A kind of port. */
export type Port = keyof typeof FAILURES;

/** Runs one access to a port, when its turn has come. */
export type Turn = <T>(port: Port, effect: (mood: Mood) => T | Promise<T>, wakeAtMs?: number) => Promise<T>;

/** A process whose accesses are taken one by one. */
export interface ModelProcess {
  readonly id: string;
  alive: boolean;
}

/** An access that waits for its turn. */
export interface Parked {
  readonly process: ModelProcess;
  readonly port: Port;
  /** Milliseconds since the Unix epoch: no turn comes sooner. */
  readonly wakeAtMs: number;
  /** Lets it happen. Resolves when its effect is done. */
  resume(mood: Mood): Promise<void>;
}

/** All accesses of all processes, each of which waits until a test lets it happen. */
export class Turns {
  #parked: Parked[] = [];

  /** The accesses that wait, in the order in which they were made. */
  get parked(): readonly Parked[] {
    return this.#parked;
  }

  /** Makes a process's way to its ports. */
  of(process: ModelProcess): Turn {
    return (port, effect, wakeAtMs = 0) =>
      new Promise((resolve, reject) => {
        const resume = async (mood: Mood): Promise<void> => {
          if (mood.fate === 'kill before') return;
          if (mood.fate === 'fail before') return reject(FAILURES[port]());
          try {
            const value = await effect(mood);
            if (mood.fate === 'go') resolve(value);
            if (mood.fate === 'fail after') reject(FAILURES[port]());
          } catch (error) {
            if (mood.fate !== 'kill after') reject(error);
          }
        };
        this.#parked.push({ process, port, wakeAtMs, resume });
      });
  }

  /** Lets one access happen. */
  async take(entry: Parked, mood: Mood): Promise<void> {
    this.#parked = this.#parked.filter((other) => other !== entry);
    if (mood.fate.startsWith('kill')) this.end(entry.process);
    await entry.resume(mood);
  }

  /** Ends a process: what it still waits for never happens. */
  end(process: ModelProcess): void {
    process.alive = false;
    this.#parked = this.#parked.filter((other) => other.process !== process);
  }
}
