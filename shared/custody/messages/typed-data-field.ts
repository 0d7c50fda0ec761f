import * as z from 'zod';
import { addressField } from '#shared/platform/http/fields.ts';

/** What a struct of typed data is made of. */
const typeFieldSchema = z.strictObject({
  name: z.string().min(1).max(100),
  type: z.string().min(1).max(100),
});

const chainIdSchema = z
  .union([z.number(), z.string().regex(/^[1-9]\d{0,15}$/)], { error: 'INVALID_PARAMETER: must be a chain id' })
  .transform(Number)
  .pipe(z.number().int().positive().max(Number.MAX_SAFE_INTEGER))
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, { type: 'integer', minimum: 1 });
    },
  });

const domainSchema = z.strictObject({
  name: z.string().max(1_000).optional(),
  version: z.string().max(100).optional(),
  // Without it a signature would be good on every chain.
  chainId: chainIdSchema,
  verifyingContract: addressField.optional(),
  salt: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, { error: 'INVALID_PARAMETER: must be 32 bytes as hex' })
    .optional(),
});

/** Typed data as eth_signTypedData_v4 takes it, names included (https://eips.ethereum.org/EIPS/eip-712). */
export const typedDataField = z.strictObject({
  types: z
    .record(z.string().max(100), z.array(typeFieldSchema).max(100))
    .describe('Structs by name. `EIP712Domain` may be left out; if it is there, it must be that of the domain.'),
  primaryType: z.string().min(1).max(100),
  domain: domainSchema,
  message: z.record(z.string(), z.unknown()),
});

/** Typed data as it is asked for. */
export type TypedData = z.output<typeof typedDataField>;

/** Structs by name. */
export type TypedDataTypes = TypedData['types'];
