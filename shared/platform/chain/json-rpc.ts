import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { Log } from '../log/logger.ts';
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

/** Speaks JSON-RPC to the endpoints of one chain. */
export interface JsonRpc {
  /**
   * Sends calls in one HTTP request.
   *
   * @returns one outcome per call, in the calls' order
   * @throws RpcTransportError when no endpoint gave a usable answer
   */
  batch(calls: readonly RpcCall[], deadline: Deadline): Promise<readonly RpcOutcome[]>;
}

/** A healthy endpoint answers within a second; a call that takes longer is better asked elsewhere. */
export const RPC_TIMEOUT_MS = 4_000;

const answerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

/**
 * A JSON-RPC 2.0 client over HTTP. Endpoints are asked in their order until one gives a usable answer; that is safe
 * for every call Haven makes, because a transaction is broadcast as bytes that are stored already.
 *
 * @param endpoints at least one URL; they may hold credentials, so they are never put into an error
 */
export function createJsonRpc(endpoints: readonly string[], log: Log, fetchImpl: typeof fetch = fetch): JsonRpc {
  return {
    async batch(calls, deadline) {
      if (calls.length === 0) return [];
      let lastError = new RpcTransportError('No RPC endpoint is configured');
      for (const [index, endpoint] of endpoints.entries()) {
        try {
          return await post(endpoint, calls, deadline.capMs(RPC_TIMEOUT_MS), fetchImpl);
        } catch (error) {
          if (!(error instanceof RpcTransportError)) throw error;
          lastError = error;
          log.write('RPC_ENDPOINT_FAILED', { endpoint_index: index, error });
        }
      }
      throw lastError;
    },
  };
}

async function post(
  endpoint: string,
  calls: readonly RpcCall[],
  timeoutMs: number,
  fetchImpl: typeof fetch,
): Promise<readonly RpcOutcome[]> {
  const body = calls.map((call, id) => ({ jsonrpc: '2.0', id, method: call.method, params: call.params }));
  const payload = await exchange(endpoint, JSON.stringify(body), timeoutMs, fetchImpl);
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

async function exchange(endpoint: string, body: string, timeoutMs: number, fetchImpl: typeof fetch): Promise<unknown> {
  try {
    const response = await fetchImpl(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new RpcTransportError(`The endpoint answered HTTP ${response.status}`);
    return await response.json();
  } catch (cause) {
    if (cause instanceof RpcTransportError) throw cause;
    throw new RpcTransportError('The endpoint could not be reached or did not answer in time', cause);
  }
}
