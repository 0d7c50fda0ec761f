import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import type { Deadline } from '#shared/platform/deadline.ts';
import { lookAnswerSchema, type moverRequestSchema, type QueueStand, redriveAnswerSchema } from './mover-protocol.ts';
import type { Redriven } from './redrive.ts';

/** The function that may look at queues and move letters; who asks it may neither. */
export interface QueueMover {
  /** @throws Error when it does not answer */
  look(queues: readonly string[], deadline: Deadline): Promise<readonly QueueStand[]>;
  /** @throws Error when it does not answer; letters may have been moved all the same */
  redrive(queue: string, deadline: Deadline): Promise<Redriven>;
}

/**
 * The queue mover as a function of Lambda.
 *
 * @param lambda a client that waits for as long as the mover takes, and asks once: it would move on by itself, but a second one beside it helps nobody
 * @param functionName of the mover
 */
export function createQueueMover(lambda: LambdaClient, functionName: string): QueueMover {
  async function ask(request: z.input<typeof moverRequestSchema>, deadline: Deadline): Promise<unknown> {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
      { abortSignal: AbortSignal.timeout(deadline.remainingMs()) },
    );
    if (FunctionError !== undefined || Payload === undefined)
      throw new Error(`The queue mover failed: ${FunctionError}`);
    return JSON.parse(new TextDecoder().decode(Payload));
  }

  return {
    look: async (queues, deadline) => lookAnswerSchema.parse(await ask({ ask: 'look', queues: [...queues] }, deadline)),
    redrive: async (queue, deadline) => redriveAnswerSchema.parse(await ask({ ask: 'redrive', queue }, deadline)),
  };
}
