import type { QueueStand } from '#shared/queues/mover-protocol.ts';
import type { QueueMover } from '#shared/queues/queue-mover.ts';
import type { Redriven } from '#shared/queues/redrive.ts';

/** A queue mover over numbers: what stands in which queue, and how many letters one call moves. */
export interface FakeMover extends QueueMover {
  /** Letters by dead-letter queue, and messages by queue that is worked. */
  readonly messages: Map<string, number>;
  /** Queues that a redrive was asked for, in order. */
  readonly redriven: readonly string[];
  /** What befalls the next call, before it has its effect or after; cleared by it. */
  fault: { readonly when: 'before' | 'after'; readonly error: Error } | undefined;
}

/** Makes one in which all queues are empty. */
export function createFakeMover(perCall = 1_000): FakeMover {
  const messages = new Map<string, number>();
  const redriven: string[] = [];
  function meet(when: 'before' | 'after'): void {
    const { fault } = mover;
    if (fault?.when !== when) return;
    mover.fault = undefined;
    throw fault.error;
  }
  const mover: FakeMover = {
    messages,
    redriven,
    fault: undefined,
    async look(queues): Promise<readonly QueueStand[]> {
      meet('before');
      return queues.map((name) => ({
        name,
        counts: { visible: messages.get(name) ?? 0, inFlight: 0, delayed: 0 },
        oldestAgeSeconds: null,
      }));
    },
    async redrive(queue): Promise<Redriven> {
      meet('before');
      redriven.push(queue);
      const there = messages.get(queue) ?? 0;
      const moved = Math.min(there, perCall);
      messages.set(queue, there - moved);
      meet('after');
      return { moved, refused: 0, unreadable: 0, more: moved < there };
    },
  };
  return mover;
}
