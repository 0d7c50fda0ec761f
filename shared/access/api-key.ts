import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { isAddressAllowed } from '#shared/platform/auth/address-list.ts';
import type { Principal } from '#shared/platform/auth/principal.ts';
import { scopeSchema } from '#shared/platform/auth/scopes.ts';
import { type ApiKeyToken, hashesEqual, hashSecret } from './api-key-token.ts';

/** An API key as it is stored: its secret only as a keyed hash. */
export const apiKeySchema = auditHeadSchema.extend({
  id: z.string().meta({ examples: ['key_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  name: z
    .string()
    .describe('For people.')
    .meta({ examples: ['shop backend'] }),
  mode: z.enum(['live', 'test']),
  scopes: z.array(scopeSchema).describe('What it may do; `*` is everything.'),
  allowed_addresses: z.array(z.string()).describe('Addresses and CIDR blocks it may be used from; empty: any.'),
  expires_at: z.string().nullable().describe('ISO 8601, UTC; null: never.'),
  revoked_at: z.string().nullable().describe('ISO 8601, UTC.'),
  last_used_at: z.string().nullable().describe('To the minute. ISO 8601, UTC.'),
  created_at: z.string().describe('ISO 8601, UTC.'),
  created_by: z.string().describe('The key or the operator that issued it.'),
  successor_id: z.string().nullable().describe('The key that took its place by rotation.'),
  line: z.string().optional().describe('Of a key that took another’s place: the first of them.'),
  makers: z.array(z.string()).optional().describe('Who made it, and who made them: none of them is another person.'),
  secret_hash: z.string(),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
});

/** An API key as it is stored. */
export type ApiKey = z.output<typeof apiKeySchema>;

/** What is known of a key before it is stored. */
export type ApiKeyFacts = Omit<ApiKey, 'audit_seq' | 'audit_hash' | 'version'>;

/** What a key is judged to be. */
export type KeyJudgement =
  | { readonly kind: 'accepted'; readonly principal: Principal }
  /** Not a key that works: answered 401, without saying why. */
  | { readonly kind: 'refused'; readonly reason: 'unknown' | 'wrong_secret' | 'wrong_mode' | 'expired' | 'revoked' }
  /** A good key at the wrong place: answered 403. */
  | { readonly kind: 'address_refused' };

/**
 * Judges a presented token against the stored key. Pure. The secret is compared first, so that nothing about a key is
 * told to who doesn't hold it.
 *
 * @param key undefined when there is none with the token's id
 * @param nowMs milliseconds since the Unix epoch
 */
export function judge(
  token: ApiKeyToken,
  key: ApiKey | undefined,
  pepper: string,
  sourceAddress: string,
  nowMs: number,
): KeyJudgement {
  if (key === undefined) return { kind: 'refused', reason: 'unknown' };
  if (!hashesEqual(hashSecret(pepper, token.secret), key.secret_hash))
    return { kind: 'refused', reason: 'wrong_secret' };
  if (key.mode !== token.mode) return { kind: 'refused', reason: 'wrong_mode' };
  if (key.revoked_at !== null) return { kind: 'refused', reason: 'revoked' };
  // Not `<=`: an end that can't be read must not make a key last for ever.
  if (key.expires_at !== null && !(Date.parse(key.expires_at) > nowMs)) return { kind: 'refused', reason: 'expired' };
  if (!isAddressAllowed(key.allowed_addresses, sourceAddress)) return { kind: 'address_refused' };
  const end = key.expires_at === null ? {} : { expires_at_ms: Date.parse(key.expires_at) };
  const kin = { ...(key.line === undefined ? {} : { line: key.line }), makers: key.makers ?? [key.created_by] };
  return { kind: 'accepted', principal: { id: key.id, name: key.name, scopes: key.scopes, ...end, ...kin } };
}
