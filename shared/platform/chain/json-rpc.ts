import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { RpcResponseError, RpcTransportError } from './rpc-errors.ts';

/** One JSON-RPC call. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What became of one call of a batch. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcResponseError };

/** Speaks JSON-RPC to one chain. */
export interface JsonRpc {
  /**
   * Sends calls in one HTTP request.
   *
   * @param read makes sense of the outcomes, one per call in the calls' order; throws RpcTransportError when there is
   *   none to make, so that another endpoint can be asked. Told the name of the endpoint, where there are several
   * @throws RpcTransportError when no endpoint gave a usable answer
   */
  ask<T>(calls: readonly RpcCall[], read: ReadOutcomes<T>, deadline: Deadline): Promise<T>;
  /**
   * Sends calls to an endpoint that is none of some. Absent: there is one endpoint. Never throws for want of an answer.
   *
   * @param besides names of endpoints
   */
  askOther?<T>(
    besides: ReadonlySet<string>,
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    deadline: Deadline,
  ): Promise<OtherAnswer<T>>;
  /** Uses endpoints for a while only where no other gives an answer: two others contradict them. */
  distrust?(names: ReadonlySet<string>): void;
}

/** Makes sense of outcomes. */
export type ReadOutcomes<T> = (outcomes: readonly RpcOutcome[], endpoint?: string) => T;

/** What another endpoint says. */
export type OtherAnswer<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly endpoint: string }
  /** The chain has one endpoint. */
  | { readonly kind: 'only' }
  /** All endpoints are among those not to be asked. */
  | { readonly kind: 'involved' }
  /** None of the others gives a usable answer now. */
  | { readonly kind: 'unusable' };

/** A healthy endpoint answers within a second; a call that takes longer is better asked elsewhere. */
export const RPC_TIMEOUT_MS = 4_000;

const answerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

/**
 * A JSON-RPC 2.0 client of one HTTP endpoint.
 *
 * @param url may hold credentials, in its user part, path or query: it is never put into an error
 */
export function createEndpoint(
  url: string,
  fetchImpl: typeof fetch = fetch,
  timeoutMs: number = RPC_TIMEOUT_MS,
): JsonRpc {
  const { target, headers } = requestParts(url);
  return {
    async ask(calls, read, deadline) {
      if (calls.length === 0) return read([]);
      const body = JSON.stringify(
        calls.map((call, id) => ({ jsonrpc: '2.0', id, method: call.method, params: call.params })),
      );
      const payload = await exchange(target, headers, body, deadline.capMs(timeoutMs), fetchImpl);
      return read(outcomesOf(calls, payload));
    },
  };
}

/** fetch refuses URLs with user and password; providers that want them mean Basic authorization. */
function requestParts(url: string): { readonly target: string; readonly headers: Readonly<Record<string, string>> } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  if (username === '' && password === '') return { target: url, headers: {} };
  parsed.username = '';
  parsed.password = '';
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { target: parsed.href, headers: { Authorization: `Basic ${credentials}` } };
}

/** A URL's user part is percent-encoded, unless whoever wrote it didn't. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function outcomesOf(calls: readonly RpcCall[], payload: unknown): readonly RpcOutcome[] {
  const parsed = z.array(answerSchema).safeParse(payload);
  if (!parsed.success) throw new RpcTransportError('The endpoint did not answer with a JSON-RPC batch');
  const byId = new Map(parsed.data.map((answer) => [answer.id, answer]));
  return calls.map((call, id) => {
    const answer = byId.get(id);
    if (answer === undefined) throw new RpcTransportError(`The endpoint left ${call.method} unanswered`);
    if (answer.error === undefined) return { ok: true, result: answer.result };
    const { code, message, data } = answer.error;
    return { ok: false, error: new RpcResponseError(message, code, data) };
  });
}

async function exchange(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
  fetchImpl: typeof fetch,
): Promise<unknown> {
  try {
    const response = await fetchImpl(target, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body,
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
    });
    if (!response.ok) throw new RpcTransportError(`The endpoint answered HTTP ${response.status}`);
    return await response.json();
  } catch (cause) {
    if (cause instanceof RpcTransportError) throw cause;
    throw new RpcTransportError('The endpoint could not be reached or did not answer in time', cause);
  }
}
