import { readFileSync } from 'node:fs';
import type { TypedDataDomain, TypedDataField } from 'ethers';
import * as z from 'zod';

const hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/i);
const signed = { name: z.string(), private_key: hex, address: hex, unsigned: hex, signed: hex };

const vectorsSchema = z.object({
  accounts: z.array(z.object({ name: z.string(), private_key: hex, address: hex })),
  legacy_transactions: z.array(z.object({ ...signed, unsigned_chain_5: hex, signed_chain_5: hex })),
  eip1559_transactions: z.array(z.object(signed)),
  typed_data: z.array(
    z.object({
      name: z.string(),
      private_key: hex,
      domain: z.custom<TypedDataDomain>((value) => typeof value === 'object'),
      types: z.record(z.string(), z.array(z.custom<TypedDataField>((value) => typeof value === 'object'))),
      data: z.record(z.string(), z.unknown()),
      digest: hex,
      signature: hex,
    }),
  ),
});

/** Keys with their addresses, and what they sign, by others' implementations: some of ethers' own test cases. */
export const ethersTestcases = vectorsSchema.parse(
  JSON.parse(readFileSync(new URL('ethers-testcases.json', import.meta.url), 'utf8')),
);

/** The bytes of a key in hex. */
export function keyBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}
