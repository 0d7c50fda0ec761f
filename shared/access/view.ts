import type * as z from 'zod';
import { type ApiKey, apiKeySchema } from './api-key.ts';

/** An API key as the API shows it: without its hash. */
export const apiKeyView = apiKeySchema
  .pick({
    id: true,
    name: true,
    mode: true,
    scopes: true,
    allowed_addresses: true,
    expires_at: true,
    revoked_at: true,
    last_used_at: true,
    created_at: true,
    created_by: true,
    successor_id: true,
    version: true,
  })
  .meta({ id: 'ApiKey' });

/** An API key as the API shows it. */
export type ApiKeyView = z.output<typeof apiKeyView>;

/** Shows a key: declared fields only. */
export function toApiKeyView(key: ApiKey): ApiKeyView {
  return apiKeyView.parse(key);
}
