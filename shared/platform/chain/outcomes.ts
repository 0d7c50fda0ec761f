import type * as z from 'zod';
import { type CallOutcome, isRevert } from './call-refusal.ts';
import type { RpcOutcome } from './json-rpc.ts';
import { RpcTransportError } from './rpc-errors.ts';

/**
 * What became of a call that the node may refuse, parsed.
 *
 * @param method named in errors
 * @throws RpcTransportError when the answer is not what the schema says
 */
export function refusable<S extends z.ZodType>(
  outcome: RpcOutcome,
  schema: S,
  method: string,
): CallOutcome<z.output<S>> {
  return outcome.ok ? { ok: true, value: expect(outcome, schema, method) } : outcome;
}

/**
 * What became of a call that only the contract may refuse: a node's own refusal is no usable answer.
 *
 * @param method named in errors
 * @throws RpcTransportError for that, and when the answer is not what the schema says
 */
export function revertable<S extends z.ZodType>(
  outcome: RpcOutcome,
  schema: S,
  method: string,
): CallOutcome<z.output<S>> {
  return outcome.ok || !isRevert(outcome.error) ? { ok: true, value: expect(outcome, schema, method) } : outcome;
}

/**
 * The answer to a call, parsed.
 *
 * @param method named in errors
 * @throws RpcTransportError when there is none, a refusal, or another than the schema says
 */
export function expect<S extends z.ZodType>(outcome: RpcOutcome | undefined, schema: S, method: string): z.output<S> {
  if (outcome === undefined) throw new RpcTransportError(`The endpoint left ${method} unanswered`);
  if (!outcome.ok) throw new RpcTransportError(`The endpoint refused ${method}`, outcome.error);
  const parsed = schema.safeParse(outcome.result);
  if (!parsed.success) throw new RpcTransportError(`The endpoint's answer to ${method} is not valid`, parsed.error);
  return parsed.data;
}
