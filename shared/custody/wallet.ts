import * as z from 'zod';

/** What a wallet is for. */
export const purposeSchema = z.enum(['treasury', 'user', 'deposit'], {
  error: 'INVALID_PARAMETER: must be treasury, user or deposit',
});

/** Where a wallet stands. Paused is separate: a wallet of any status can be paused. */
export const walletStatusSchema = z.enum(['active', 'rotated', 'revoked'], {
  error: 'INVALID_PARAMETER: must be active, rotated or revoked',
});

/**
 * How a wallet's key is kept. `envelope`: encrypted under one KMS key for all wallets.
 */
export const custodySchema = z.enum(['envelope'], { error: 'INVALID_PARAMETER: must be envelope' });

/** Free labels by key. */
export const tagsSchema = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,31}$/, {
    error: 'INVALID_PARAMETER: a tag key is 1 to 32 of a-z 0-9 _ . -, beginning with a letter or digit',
  }),
  z.string().regex(/^[\w .:/@+-]{1,64}$/, {
    error: 'INVALID_PARAMETER: a tag value is 1 to 64 letters, digits, spaces or _ . : / @ + -',
  }),
);

/** A wallet: an address whose key Haven keeps. */
export const walletSchema = z.object({
  id: z.string(),
  /** With its EIP-55 checksum. */
  address: z.string(),
  purpose: purposeSchema,
  custody: custodySchema,
  status: walletStatusSchema,
  paused: z.boolean(),
  label: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  version: z.number().int(),
});

/** A wallet. */
export type Wallet = z.output<typeof walletSchema>;

/** What a wallet is for. */
export type Purpose = z.output<typeof purposeSchema>;

/** The parts of a wallet that never change. */
export type WalletIdentity = Pick<Wallet, 'id' | 'address' | 'purpose' | 'custody'>;
