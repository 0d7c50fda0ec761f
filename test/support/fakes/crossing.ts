import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { createScriptedAws, type ScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** What becomes of a request: it is answered; or its process dies, before the request had its effect or after. */
type Fate = 'go' | 'die before' | 'die after';

interface Waiting {
  readonly name: string;
  resume(fate: Fate): void;
}

/** Processes whose requests to tables in memory are let through one by one, in an order that a seed decides. */
export interface Crossing {
  /** A process's way to the tables; the same one for the same name. Until the crossing is run nothing waits. */
  client(name: string): DynamoDBDocumentClient;
  /** Puts it before other tables, for the next of many runs: clients are dear to make. */
  use(dynamo: MemoryDynamo): void;
  /**
   * Runs processes against each other until all have ended, or died.
   *
   * @param random which request is next; from 0 to 1
   * @param dieAt which request of all (from 0) ends its process, and when
   * @returns what each process came to, by name; undefined: it died
   */
  run(
    processes: Readonly<Record<string, () => Promise<unknown>>>,
    random: () => number,
    dieAt?: { readonly request: number; readonly fate: Exclude<Fate, 'go'> },
  ): Promise<Readonly<Record<string, PromiseSettledResult<unknown> | undefined>>>;
  /** Requests that were let through in the last run, by name of their process. */
  readonly taken: readonly string[];
}

/** Makes a crossing before tables in memory. */
export function createCrossing(first: MemoryDynamo): Crossing {
  let dynamo = first;
  const clients = new Map<string, DynamoDBDocumentClient>();
  let isRunning = false;
  let waiting: Waiting[] = [];
  let taken: string[] = [];

  function client(name: string): DynamoDBDocumentClient {
    const known = clients.get(name) ?? newClient(name);
    clients.set(name, known);
    return known;
  }

  function newClient(name: string): DynamoDBDocumentClient {
    const aws = createScriptedAws((request) => dynamo.answer(request));
    const gated: ScriptedAws = {
      ...aws,
      requestHandler: {
        ...aws.requestHandler,
        async handle(request) {
          if (!isRunning) return aws.requestHandler.handle(request);
          const fate = await new Promise<Fate>((resume) => waiting.push({ name, resume }));
          if (fate === 'die before') return new Promise(() => undefined);
          const answer = await aws.requestHandler.handle(request);
          return fate === 'go' ? answer : new Promise(() => undefined);
        },
      },
    };
    return scriptedDocumentClient(gated);
  }

  return {
    client,
    use(other) {
      dynamo = other;
    },
    get taken() {
      return taken;
    },
    async run(processes, random, dieAt) {
      isRunning = true;
      waiting = [];
      taken = [];
      const outcomes: Record<string, PromiseSettledResult<unknown> | undefined> = {};
      const living = new Set(Object.keys(processes));
      for (const [name, start] of Object.entries(processes)) {
        void Promise.allSettled([start()]).then(([outcome]) => {
          outcomes[name] = outcome;
          living.delete(name);
        });
      }
      while (living.size > 0) {
        await quiet();
        const next = waiting[Math.min(Math.floor(random() * waiting.length), waiting.length - 1)];
        if (next === undefined) continue;
        waiting = waiting.filter((other) => other !== next);
        const fate = dieAt?.request === taken.length ? dieAt.fate : 'go';
        taken.push(next.name);
        next.resume(fate);
        if (fate === 'go') continue;
        await quiet();
        living.delete(next.name);
        waiting = waiting.filter(({ name }) => name !== next.name);
      }
      isRunning = false;
      return outcomes;
    },
  };
}

/** Until everything that can go on without an answer has: the SDK waits for nothing but promises on its way. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
