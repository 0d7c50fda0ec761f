import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Where a process is held up: at which of its requests to tables (from 0), before it has its effect or after. */
export interface HeldAt {
  readonly request: number;
  readonly when: 'before' | 'after';
}

/** A process that is held up at one of its requests to tables. */
export interface Fate {
  /** Resolves when it has come there. */
  readonly reached: Promise<void>;
  /** Lets it go on. One that nobody lets go on is dead: from then on none of its requests leaves. */
  release(): void;
}

/**
 * Holds up who uses a client, which must be theirs alone: real tables, real answers, and no effect but those of the requests that left.
 */
export function holdUp(client: DynamoDBDocumentClient, { request, when }: HeldAt): Fate {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let asked = -1;
  let isHeld = false;
  const hold = () => {
    isHeld = true;
    reached.resolve();
    return released.promise;
  };
  client.middlewareStack.add(
    (next) => async (args) => {
      asked += 1;
      const isHere = asked === request;
      if (isHeld || (isHere && when === 'before')) await hold();
      const answer = await next(args);
      if (isHere && when === 'after') await hold();
      return answer;
    },
    { step: 'initialize', name: 'heldUp', override: true },
  );
  return {
    reached: reached.promise,
    release: () => {
      isHeld = false;
      released.resolve();
    },
  };
}
