import * as z from 'zod';

/** What a principal may do. One scope per area and direction; `*` is every scope, present and future. */
export const SCOPES = [
  '*',
  'custody:read',
  'custody:write',
  'custody:export',
  'custody:destroy',
  'custody:approve',
  'transactions:read',
  'transactions:write',
  'wallets:sign',
  'token:read',
  'token:write',
  'users:read',
  'users:write',
  'catalog:read',
  'catalog:write',
  'carts:write',
  'orders:read',
  'orders:write',
  'orders:refund',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'alerts:read',
  'alerts:write',
  'access:read',
  'access:write',
  'ops:read',
  'ops:write',
] as const;

/** A scope as zod reads it. */
export const scopeSchema = z.enum(SCOPES, { error: `INVALID_PARAMETER: must be one of ${SCOPES.join(', ')}` });

/** One scope. */
export type Scope = z.output<typeof scopeSchema>;

/**
 * Whether held scopes include a wanted one.
 *
 * @param held what the principal has
 * @param wanted what the route asks for
 */
export function hasScope(held: readonly Scope[], wanted: Scope): boolean {
  return held.includes('*') || held.includes(wanted);
}
