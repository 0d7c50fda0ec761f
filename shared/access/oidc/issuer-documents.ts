import * as z from 'zod';
import type { Deadline } from '#shared/platform/deadline.ts';
import { isTrustworthyUrl } from './oidc-settings.ts';

/** Keys of an issuer as they are published: https://www.rfc-editor.org/rfc/rfc7517#section-5. */
export const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** Keys of an issuer as they are published. */
export type KeySet = z.output<typeof keySetSchema>;

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata, as far as Haven needs it. */
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** Entra's keys, the largest of the usual issuers', are 20 KB. */
const MAX_DOCUMENT_BYTES = 256 * 1_024;

/** The issuer could not be asked, or gave no usable answer: nothing is known about the token. */
export class IssuerUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'IssuerUnavailable';
  }
}

/**
 * Fetches the issuer's keys from where its discovery document says. Nothing is followed elsewhere, and no answer is read
 * beyond a size.
 *
 * @throws IssuerUnavailable
 */
export async function fetchKeySet(
  issuer: string,
  deadline: Deadline,
  fetchImpl: typeof fetch = fetch,
): Promise<KeySet> {
  const discoveryUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = discoverySchema.safeParse(await fetchJson(discoveryUrl, deadline, fetchImpl));
  if (!discovery.success) throw new IssuerUnavailable('The discovery document names no issuer or no keys');
  // OpenID Connect Discovery, section 4.3: else another issuer's keys would pass for this one's.
  if (discovery.data.issuer !== issuer) throw new IssuerUnavailable('The discovery document is that of another issuer');
  if (!isTrustworthyUrl(discovery.data.jwks_uri)) throw new IssuerUnavailable('The keys are not to be had over TLS');
  const keys = keySetSchema.safeParse(await fetchJson(discovery.data.jwks_uri, deadline, fetchImpl));
  if (!keys.success) throw new IssuerUnavailable('The key set is none');
  return keys.data;
}

async function fetchJson(url: string, deadline: Deadline, fetchImpl: typeof fetch): Promise<unknown> {
  try {
    const response = await fetchImpl(url, {
      headers: { Accept: 'application/json' },
      // An open redirect at the issuer must not decide who gets in.
      redirect: 'error',
      signal: AbortSignal.timeout(Math.ceil(deadline.capMs(deadline.remainingMs()))),
    });
    if (response.status !== 200) throw new IssuerUnavailable(`The issuer answered HTTP ${response.status}`);
    return JSON.parse(await readText(response));
  } catch (cause) {
    if (cause instanceof IssuerUnavailable) throw cause;
    throw new IssuerUnavailable('The issuer could not be reached, was too slow, or gave no JSON', cause);
  }
}

/** The stream is cancelled on the way out, and with it the connection. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) throw new IssuerUnavailable('The issuer answered with more than it should');
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
