import * as z from 'zod';
import type { Caller } from '#shared/client/client.ts';
import type { Output } from '../output.ts';
import { fileOf, type TypedRequest } from './arguments.ts';
import type { Command } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { renderFields, renderTable } from './table.ts';

/** A list; one that always comes whole has no cursor. */
const pageSchema = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullable().default(null) });
/** What a verification answers: it succeeded as a request also where it found a break. */
const verdictSchema = z.object({ verified: z.literal(false) });

/** How the answer is shown. */
export interface Screen {
  readonly output: Output;
  /** Of the terminal. */
  readonly columns: number;
}

/**
 * Sends what was typed, and shows the answer.
 *
 * @returns the exit code
 * @throws HavenApiError, HavenConnectionError, UnexpectedAnswer, UsageError
 */
export async function runCommand(
  { route }: Command,
  request: TypedRequest,
  caller: Caller,
  screen: Screen,
): Promise<number> {
  const { options } = request;
  const token = options['token-file'];
  const call = (query: TypedRequest['query']) =>
    caller.call(route, {
      params: request.params,
      query,
      body: route.method === 'GET' ? undefined : request.body,
      ...(options['idempotency-key'] === undefined ? {} : { idempotencyKey: options['idempotency-key'] }),
      ...(options['if-match'] === undefined ? {} : { ifMatch: options['if-match'] }),
      ...(token === undefined ? {} : { token: fileOf(token, '--token-file').trim() }),
    });
  const answer: unknown = options.all ? await everyPage(call, request.query, screen) : await call(request.query);
  show(answer, options.json, screen);
  return verdictSchema.safeParse(answer).success ? EXIT.refused : EXIT.done;
}

async function everyPage(
  call: (query: TypedRequest['query']) => Promise<unknown>,
  query: TypedRequest['query'],
  { output }: Screen,
): Promise<unknown> {
  const rows: unknown[] = [];
  let cursor: string | null | undefined;
  do {
    const answer = await call({ limit: 100, ...query, ...(cursor === undefined ? {} : { cursor }) });
    const page = pageSchema.safeParse(answer);
    if (!page.success) return answer;
    rows.push(...page.data.data);
    cursor = page.data.next_cursor;
    if (cursor !== null) output.progress(`${rows.length} so far`);
  } while (cursor !== null);
  return { data: rows, next_cursor: null };
}

function show(answer: unknown, json: boolean, { output, columns }: Screen): void {
  if (json) {
    output.print(JSON.stringify(answer, undefined, 2));
    return;
  }
  const page = pageSchema.safeParse(answer);
  if (!page.success) {
    const lines = typeof answer === 'string' ? [answer] : renderFields(answer);
    for (const line of lines) output.print(line);
    return;
  }
  const { data, next_cursor } = page.data;
  if (data.length === 0) output.say('None.');
  else for (const line of renderTable(data, columns)) output.print(line);
  if (next_cursor !== null) output.say(`There are more: --all, or --cursor ${next_cursor}`);
}
