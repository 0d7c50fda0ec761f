import * as z from 'zod';

/** Commands that people run on keys, each with a role of its own. */
export const KEY_COMMANDS = ['import', 'verify', 'reencrypt'] as const;

/** A command that people run on keys. */
export type KeyCommand = (typeof KEY_COMMANDS)[number];

/** The name of each command's role, without the stage's prefix and the region. */
export const KEY_ROLE_NAMES = {
  import: 'key-importer',
  verify: 'key-verifier',
  reencrypt: 'key-reencrypter',
} as const satisfies Record<KeyCommand, string>;

/** Who may run commands on keys from their own machine. */
export const keyOperatorsSchema = z
  .strictObject({
    commands: z
      .array(z.enum(KEY_COMMANDS))
      .default([])
      .describe(
        'Commands that people may run on keys: import, verify, reencrypt. Each has a role, which is there only while it is listed.',
      ),
    account: z
      .string()
      .regex(/^\d{12}$/)
      .nullable()
      .default(null)
      .describe(
        "The AWS account whose principals may assume those roles, if that account's own policies let them; null: the stage's.",
      ),
    require_mfa: z.boolean().default(true).describe('Whether they must have signed in with a second factor.'),
  })
  .prefault({})
  .describe('Who may run commands on keys from their own machine.');
