import * as z from 'zod';

const hexBytes = z.string().regex(/^0x([0-9a-f]{2})+$/, { error: 'must be 0x and whole bytes of hex' });
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in hex' });
const parameter = z.strictObject({ internalType: z.string(), name: z.string(), type: z.string() });

/** An entry of a contract's ABI, no wider than HavenToken needs (https://docs.soliditylang.org/en/v0.8.37/abi-spec.html#json). */
const abiEntrySchema = z.discriminatedUnion('type', [
  z.strictObject({
    inputs: z.array(parameter),
    stateMutability: z.enum(['nonpayable', 'payable']),
    type: z.literal('constructor'),
  }),
  z.strictObject({ inputs: z.array(parameter), name: z.string(), type: z.literal('error') }),
  z.strictObject({
    anonymous: z.boolean(),
    inputs: z.array(parameter.extend({ indexed: z.boolean() })),
    name: z.string(),
    type: z.literal('event'),
  }),
  z.strictObject({
    inputs: z.array(parameter),
    name: z.string(),
    outputs: z.array(parameter),
    stateMutability: z.enum(['pure', 'view', 'nonpayable', 'payable']),
    type: z.literal('function'),
  }),
]);

/** A compiled contract, as `contracts/artifacts` holds it. */
export const contractArtifactSchema = z.strictObject({
  contractName: z.string().min(1),
  abi: z.array(abiEntrySchema),
  /** What a deployment sends, without the constructor's arguments. */
  bytecode: hexBytes,
  /** What stands on the chain afterwards (eth_getCode). */
  deployedBytecode: hexBytes,
  compiler: z.strictObject({
    version: z.string().min(1),
    settings: z.strictObject({
      evmVersion: z.string().min(1),
      metadata: z.strictObject({ bytecodeHash: z.literal('none') }),
      optimizer: z.strictObject({ enabled: z.boolean(), runs: z.number().int() }),
    }),
  }),
  /** SHA-256 of every source that went in, by its import path. */
  sourceHashes: z.record(z.string(), sha256Hex),
});

/** A compiled contract: ABI, bytecode, and what they were made from. */
export type ContractArtifact = z.output<typeof contractArtifactSchema>;
