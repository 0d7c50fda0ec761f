import type { RpcCall } from './json-rpc.ts';
import { toQuantity } from './quantities.ts';

/** A call as eth_estimateGas and eth_call take it. */
export interface ChainCall {
  readonly from?: string;
  readonly to: string;
  readonly valueWei?: bigint;
  readonly data: string;
}

/** Runs a call, and says what gas it needs. @param block a tag, or a number as a quantity */
export function estimateOf(call: ChainCall, block: string): RpcCall {
  return { method: 'eth_estimateGas', params: [encodeCall(call), block] };
}

/** Reads by a call. @param block a tag, or a number as a quantity */
export function readOf(call: ChainCall, block: string): RpcCall {
  return { method: 'eth_call', params: [encodeCall(call), block] };
}

function encodeCall(call: ChainCall): Record<string, string> {
  return {
    ...(call.from === undefined ? {} : { from: call.from }),
    ...(call.valueWei === undefined ? {} : { value: toQuantity(call.valueWei) }),
    to: call.to,
    data: call.data,
  };
}
