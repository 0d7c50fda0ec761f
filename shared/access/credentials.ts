import { type ApiKeyToken, readBearer } from './api-key-token.ts';

/** What a caller shows in its Authorization header. */
export type Credentials =
  | { readonly kind: 'api_key'; readonly token: ApiKeyToken }
  /** Of the form of a signed JSON Web Token; nothing else is known of it. */
  | { readonly kind: 'jwt'; readonly token: string };

/** Three parts of base64url, none of them empty: an unsigned token has no third (RFC 7519, section 6). */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Reads what a caller shows. What begins as an API key is one or nothing.
 *
 * @param header `Bearer hvn_...` or `Bearer` and a JSON Web Token
 * @returns undefined when it is neither
 */
export function readCredentials(header: string | undefined): Credentials | undefined {
  const shown = /^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '';
  if (shown.startsWith('hvn_')) {
    const token = readBearer(header);
    return token === undefined ? undefined : { kind: 'api_key', token };
  }
  return JWT.test(shown) ? { kind: 'jwt', token: shown } : undefined;
}
