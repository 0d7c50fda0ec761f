import { createServer, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** What the issuer does with a request instead of answering it as it should. */
export type IssuerFault =
  | { readonly kind: 'down' | 'slow' | 'huge' | 'not_json' | 'no_keys' | 'other_issuer' | 'insecure_keys' }
  | { readonly kind: 'redirect'; readonly to: string };

/** A key pair of the issuer, as it signs. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: object;
}

/** A key pair of one algorithm. */
export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Signs claims as an issuer does. */
export function signToken(key: SigningKey, claims: JWTPayload, header: object = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}

/** An issuer on this machine: discovery and keys over HTTP, and faults on demand. */
export interface OidcIssuer {
  /** `http://127.0.0.1:<port>`, or with the path it was started with. */
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly paths: readonly string[];
  /** Publishes exactly these keys from now on. */
  publish(...keys: readonly SigningKey[]): void;
  /** Fails from now on; undefined: no more. */
  fail(fault: IssuerFault | undefined): void;
  close(): Promise<void>;
}

const HUGE_CHUNK = ' '.repeat(64 * 1_024);

/**
 * Starts an issuer.
 *
 * @param port 0: a free one
 */
export async function startOidcIssuer(port = 0): Promise<OidcIssuer> {
  const paths: string[] = [];
  let published: readonly object[] = [];
  let fault: IssuerFault | undefined;
  let url = '';
  const json = (response: ServerResponse, body: object) =>
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  const flood = (response: ServerResponse) => {
    // For as long as anybody reads.
    while (!response.destroyed && response.write(HUGE_CHUNK));
    if (!response.destroyed) response.once('drain', () => flood(response));
  };
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    switch (fault?.kind) {
      case 'down':
        return response.writeHead(503).end();
      case 'slow':
        return undefined;
      case 'huge':
        return flood(response);
      case 'not_json':
        return response.end('<html>Sign in</html>');
      case 'redirect':
        return response.writeHead(302, { Location: `${fault.to}${request.url}` }).end();
      case 'other_issuer':
        return json(response, { issuer: 'https://evil.example', jwks_uri: `${url}/keys` });
      case 'insecure_keys':
        return json(response, { issuer: url, jwks_uri: 'http://192.0.2.1/keys' });
      case 'no_keys':
        return json(response, isDiscovery ? { issuer: url, jwks_uri: `${url}/keys` } : { keys: 'none' });
      default:
        return json(response, isDiscovery ? { issuer: url, jwks_uri: `${url}/keys` } : { keys: published });
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The issuer has no port');
  url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    paths,
    publish: (...keys) => {
      published = keys.map(({ jwk }) => jwk);
    },
    fail: (next) => {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
