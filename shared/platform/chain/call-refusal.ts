import type { RpcResponseError } from './rpc-errors.ts';

/** What became of a call that the node may refuse. */
export type CallOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RpcResponseError };

/** geth and those that follow it: https://github.com/ethereum/go-ethereum/blob/master/internal/ethapi/errors.go */
const REVERTED_CODE = 3;

/**
 * How nodes word that the EVM itself ended the call: go-ethereum core/vm/errors.go, contracts.go (precompiles) and eth/gasestimator, nethermind
 * ("VM execution error."), besu, reth and anvil's eth/error.rs. "execution aborted" is no such end: that is geth out
 * of time.
 */
const EVM_ENDED =
  /revert|vm execution error|invalid (opcode|jump)|bad jump|out of gas|gas required exceeds|stack (under|over)flow|stack limit|write protection|return data out of bounds|gas uint64 overflow|max (init)?code size|contract address collision|invalid (input length|final flag|point|field element|pairing)|bn256|bls12|kzg|contract validation error/i;

/**
 * Whether a refused call was refused by the contract, so that the same call would be refused by any node. Everything
 * else (too many requests, a node that lags or lacks the state, a fault of its own) says nothing about the call.
 */
export function isRevert(error: RpcResponseError): boolean {
  return error.rpcCode === REVERTED_CODE || EVM_ENDED.test(error.message);
}
