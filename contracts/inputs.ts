import { computeAddress } from 'ethers/transaction';
import * as z from 'zod';
import { addressField } from '#shared/platform/http/fields.ts';

/** What the deployment functions are told, by their parameter's name. */
export type InputName = 'rpcUrl' | 'deployerKey' | 'adminKey' | 'adminAddress' | 'tokenAddress' | 'minterAddress';

/** An input that can't be used. Its message never holds the value: it may be a key, or a URL with credentials. */
export class InputError extends Error {
  readonly input: InputName;
  readonly problem: string;

  constructor(input: InputName, problem: string) {
    super(`${input}: ${problem}`);
    this.name = 'InputError';
    this.input = input;
    this.problem = problem;
  }
}

const required = z.string().min(1, { error: 'is missing' });

/** A chain's JSON-RPC endpoint over HTTP. */
export const rpcUrlInput = required.pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }));

/** A private key that secp256k1 can sign with. */
export const privateKeyInput = required.pipe(
  z.string().refine((text) => /^0x[0-9a-fA-F]{64}$/.test(text) && isOnCurve(text), {
    error: 'must be a private key: 0x and 64 hex digits',
  }),
);

/** An Ethereum address; comes out with its EIP-55 checksum. */
export const addressInput = required.pipe(addressField);

/**
 * Parses the inputs of a deployment function.
 *
 * @throws InputError naming the first input at fault
 */
export function parseInput<S extends z.ZodType>(name: InputName, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError(name, result.error.issues[0]?.message ?? 'is not valid');
}

function isOnCurve(key: string): boolean {
  try {
    computeAddress(key);
    return true;
  } catch {
    return false;
  }
}
