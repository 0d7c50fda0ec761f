import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** More is in no URL that anybody types; browsers and proxies stop at about that. */
export const MAX_URL_CHARS = 2_048;
/** Below these are services that speak something else than webhooks: mail, files, names, shells. */
const FIRST_FREE_PORT = 1_024;
const HTTPS_PORT = 443;

/**
 * What is wrong with a URL that somebody wants to be told at, as far as that is told without looking anything up: its host's addresses are checked with each
 * call, because a name can mean another address a moment later (shared/platform/http/outbound-post.ts).
 *
 * @param exemptHosts hosts of the stage that may be called whatever their address and port is, and without TLS
 * @returns for people; undefined when nothing is
 */
export function outboundUrlFault(text: string, exemptHosts: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'must be a URL';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.username !== '' || url.password !== '') return 'must have no user and password';
  if (url.hash !== '') return 'must have no fragment: it is never sent';
  if (exemptHosts.includes(host)) return /^https?:$/.test(url.protocol) ? undefined : 'must be https';
  if (url.protocol !== 'https:') return 'must be https';
  if (isIP(host) !== 0 && !isPublicAddress(host)) return 'must be of an address of the public internet';
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT)
    return `must have port ${HTTPS_PORT}, or one from ${FIRST_FREE_PORT}`;
  return undefined;
}
