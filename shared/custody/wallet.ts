import * as z from 'zod';
import { custodySchema, purposeSchema, walletStatusSchema } from './wallet-facets.ts';

export { custodySchema, purposeSchema, walletStatusSchema };

/** Free labels by key. An object with a member called `constructor` is none to the SDK's marshaller, which then refuses it. */
export const tagsSchema = z.record(
  z.string().regex(/^(?!constructor$)[a-z0-9][a-z0-9_.-]{0,31}$/, {
    error:
      'INVALID_PARAMETER: a tag key is 1 to 32 of a-z 0-9 _ . -, beginning with a letter or digit, not constructor',
  }),
  z.string().regex(/^[\w .:/@+-]{1,64}$/, {
    error: 'INVALID_PARAMETER: a tag value is 1 to 64 letters, digits, spaces or _ . : / @ + -',
  }),
);

/** A wallet: an address whose key Haven keeps. */
export const walletSchema = z.object({
  id: z.string().meta({ examples: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  address: z
    .string()
    .describe('With its EIP-55 checksum.')
    .meta({ examples: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] }),
  purpose: purposeSchema.describe('What the wallet is for.'),
  custody: custodySchema.describe(
    'How its key is kept. `envelope`: encrypted under one KMS key for all wallets. `kms`: as a KMS key of its own, which never leaves KMS.',
  ),
  status: walletStatusSchema.describe(
    'Only an active wallet takes on anything. A rotated one still signs what it had accepted; a revoked one signs nothing.',
  ),
  paused: z.boolean().describe('A paused wallet accepts and signs nothing until it is resumed.'),
  label: z.string().nullable().describe('For people.'),
  tags: z.record(z.string(), z.string()).describe('Free labels by key; lists can be filtered by one.'),
  created_at: z
    .string()
    .describe('ISO 8601, UTC.')
    .meta({ examples: ['2026-11-21T18:30:00.000Z'] }),
  predecessor_id: z.string().optional().describe('The rotated wallet whose place it took.'),
  successor_id: z.string().optional().describe('The wallet that took its place when it was rotated.'),
  rotated_at: z.string().optional().describe('Since when it takes on nothing new. ISO 8601, UTC.'),
  revoked_at: z.string().optional().describe('Since when a revoked wallet signs nothing. ISO 8601, UTC.'),
  key_destroyed_at: z.string().optional().describe('Since when its key is gone for good. ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
});

/** A wallet. */
export type Wallet = z.output<typeof walletSchema>;

/** What a wallet is for. */
export type Purpose = z.output<typeof purposeSchema>;

/** The parts of a wallet that never change. */
export type WalletIdentity = Pick<Wallet, 'id' | 'address' | 'purpose' | 'custody'>;
