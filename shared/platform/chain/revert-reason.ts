import { AbiCoder } from 'ethers/abi';
import type { RpcResponseError } from './rpc-errors.ts';

/** Selectors of Solidity's two built-in errors (https://docs.soliditylang.org/en/latest/control-structures.html#revert). */
const ERROR_STRING = '0x08c379a0';
const PANIC_UINT = '0x4e487b71';

/** A contract decides this text; a longer one is cut. */
const MAX_REASON_CHARS = 200;

/**
 * Says why a call reverted, for people: the contract's own text, a panic code, the selector of a custom error, or the
 * node's words.
 *
 * @param error the node's refusal of eth_call or eth_estimateGas
 */
export function revertReason(error: RpcResponseError): string {
  const data = revertData(error.data);
  return (data === undefined ? error.message : describe(data)).replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_REASON_CHARS);
}

/** Nodes put revert data at different depths of the error's data; none deeper than this. */
const MAX_DATA_DEPTH = 4;

function revertData(data: unknown): string | undefined {
  let found = data;
  for (let depth = 0; depth < MAX_DATA_DEPTH; depth += 1) {
    if (typeof found !== 'object' || found === null || !('data' in found)) break;
    found = found.data;
  }
  return typeof found === 'string' && /^0x[0-9a-f]{8,}$/i.test(found) ? found : undefined;
}

function describe(data: string): string {
  const selector = data.slice(0, 10).toLowerCase();
  const payload = `0x${data.slice(10)}`;
  try {
    if (selector === ERROR_STRING) return `execution reverted: ${decode('string', payload)}`;
    if (selector === PANIC_UINT) return `execution reverted: panic code ${decode('uint256', payload)}`;
  } catch {
    // A contract may return anything after a well-known selector; then the selector is all there is to say.
  }
  return `execution reverted: error ${selector}`;
}

function decode(type: 'string' | 'uint256', payload: string): string {
  return String(AbiCoder.defaultAbiCoder().decode([type], payload)[0]);
}
