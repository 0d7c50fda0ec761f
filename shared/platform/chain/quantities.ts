import * as z from 'zod';

/**
 * Encodings of Ethereum JSON-RPC (https://ethereum.org/en/developers/docs/apis/json-rpc/#hex-encoding).
 */

/** A QUANTITY that fits a JavaScript number: block numbers, counts, seconds. */
export const numberQuantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,13}$/i)
  .transform((hex) => Number.parseInt(hex, 16));

/** A QUANTITY of any size: wei, gas. */
export const bigintQuantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform((hex) => BigInt(hex));

/** 32 bytes of DATA: a transaction or block hash. */
export const hashData = z.string().regex(/^0x[0-9a-f]{64}$/i);

/**
 * Encodes a number for a call.
 *
 * @param value a non-negative integer
 */
export function toQuantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
