import type { RpcOutcome } from './json-rpc.ts';

/** How nodes say that they have these very bytes already; sources: see lane/send-error.ts. Lower case. */
export const ALREADY_KNOWN =
  /already known|already imported|alreadyknown|(?<!un)known transaction|already in (the )?(mem)?pool|existing tx with same hash/;

/** How nodes say that the nonce is used: by these bytes perhaps. Lower case. */
export const NONCE_TOO_LOW =
  /(?<!authority )nonce too low|oldnonce|nonce is too low|invalid nonce: too low|nonce has already been used/;

/** How nodes and providers speak of their own state rather than of the transaction. Lower case. */
const NODES_OWN_TROUBLE =
  /rate limit|too many requests|compute units|request (count|rate|limit)|limited to|rps limit|capacity|syncing|in progress|not enabled|pool is full|txpool full|internal error|timeout|timed out|unavailable|unauthorized|method not found|does not exist/;

/** The better of two answers of different endpoints to the same bytes has the lower rank. */
function rankOf(outcome: RpcOutcome): number {
  if (outcome.ok) return 0;
  const words = outcome.error.message.toLowerCase();
  if (ALREADY_KNOWN.test(words)) return 1;
  if (NONCE_TOO_LOW.test(words)) return 2;
  return NODES_OWN_TROUBLE.test(words) ? 4 : 3;
}

/** Whether an endpoint has the bytes now. */
export function isHeld(outcome: RpcOutcome | undefined): boolean {
  return outcome !== undefined && rankOf(outcome) <= 1;
}

/**
 * What several endpoints said to the same signed bytes, as one answer per call: that any accepted them counts as
 * accepted, then that any has them, then that the nonce is used (receipts will tell by whom), then what was said about
 * the transaction, then what an endpoint said about itself. Of equals the first endpoint's counts.
 *
 * @param answers by endpoint, each with an outcome per call; at least one
 */
export function mergeSendOutcomes(answers: readonly (readonly RpcOutcome[])[]): readonly RpcOutcome[] {
  const [first = [], ...others] = answers;
  return first.map((outcome, call) =>
    others.reduce((best, other) => {
      const candidate = other[call];
      return candidate !== undefined && rankOf(candidate) < rankOf(best) ? candidate : best;
    }, outcome),
  );
}
