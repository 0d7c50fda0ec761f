import { lookup as systemLookup } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Deadline } from '../deadline.ts';
import { isPublicAddress } from './public-address.ts';

/** One address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** All addresses of a host. */
export type ResolveHost = (host: string) => Promise<readonly ResolvedAddress[]>;

/** What a guarded sender is given. */
export interface OutboundOptions {
  /** Hosts that may be called whatever their address is, and without TLS: names or addresses as in a URL, without brackets. */
  readonly exemptHosts: readonly string[];
  /** By default as the machine resolves names. */
  readonly resolve?: ResolveHost;
  /** How long one call may take in all. */
  readonly timeoutMs?: number;
  /** How much of an answer is read; then the connection is closed. */
  readonly maxAnswerBytes?: number;
}

/** What one call sends. */
export interface OutboundMessage {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the other side said, whatever its status. */
export interface OutboundAnswer {
  readonly status: number;
  /** The beginning of its body; never trusted, and logged by nobody. */
  readonly excerpt: string;
  /** Its Retry-After, as it came; undefined: it has none. */
  readonly retryAfter?: string | undefined;
}

/** Why there is no answer. */
export type OutboundFailureKind =
  /** The URL is none that may be called, or its host has an address that is not public. Nothing was sent. */
  | 'refused'
  /** Its name is not known, or nobody accepts a connection: the message was not taken. */
  | 'unreachable'
  /** No whole answer in time, so that it is not known whether the message was taken. */
  | 'timed_out'
  /** The connection ended before the answer did. It is not known whether the message was taken. */
  | 'cut_off';

/** Thrown when a call got no whole answer. Never holds the URL, which may be a secret. */
export class OutboundFailure extends Error {
  readonly kind: OutboundFailureKind;

  constructor(kind: OutboundFailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'OutboundFailure';
    this.kind = kind;
  }
}

/** Sends JSON to hosts that others chose. */
export type OutboundPost = (message: OutboundMessage, deadline: Deadline) => Promise<OutboundAnswer>;

/** What the Standard Webhooks specification asks of receivers: an answer within 10 to 30 seconds. */
export const OUTBOUND_TIMEOUT_MS = 10_000;
/** By default more of an answer is not read: nothing is made of it but a look for people. */
const MAX_ANSWER_BYTES = 4_096;

const systemResolve: ResolveHost = (host) => systemLookup(host, { all: true, verbatim: true });

/**
 * Makes a sender for URLs that others chose, which must not reach what only Haven can reach (server-side request forgery): https
 * only, every address of the host must be public, and the connection is made to an address that was checked, not to what the
 * name says a moment later. Redirects are answers, never followed. Connections are not kept.
 *
 * @returns a sender that throws OutboundFailure
 */
export function createOutboundPost(options: OutboundOptions): OutboundPost {
  const { resolve = systemResolve, timeoutMs = OUTBOUND_TIMEOUT_MS, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const exempt = new Set(options.exemptHosts.map((host) => host.toLowerCase()));
  return async (message, deadline) => {
    const url = callableUrl(message.url, exempt);
    const signal = AbortSignal.timeout(Math.ceil(deadline.capMs(timeoutMs)));
    const addresses = await inTime(
      addressesOf(hostOf(url), resolve),
      signal,
      'The name of the host was not found in time',
    );
    if (!exempt.has(hostOf(url)) && !addresses.every(({ address }) => isPublicAddress(address)))
      throw new OutboundFailure('refused', 'The host has an address that is not public');
    return inTime(exchange(url, message, { addresses, maxAnswerBytes }, signal), signal, 'No whole answer in time');
  };
}

function callableUrl(text: string, exempt: ReadonlySet<string>): URL {
  const url = URL.parse(text);
  if (url === null) throw new OutboundFailure('refused', 'The URL can not be read');
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && exempt.has(hostOf(url)));
  if (!isSafe) throw new OutboundFailure('refused', 'The URL is not https');
  if (url.username !== '' || url.password !== '') throw new OutboundFailure('refused', 'The URL has credentials');
  return url;
}

/** The host as the URL parser made it: lower case, decimal and octal addresses in their usual form, without brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

async function addressesOf(host: string, resolve: ResolveHost): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await resolve(host);
  } catch (cause) {
    throw new OutboundFailure('unreachable', 'The name of the host is not known', cause);
  }
  if (addresses.length === 0) throw new OutboundFailure('unreachable', 'The host has no address');
  return addresses;
}

/** A lookup of names can't be stopped, and a request may end without a word; nobody needs to wait for either. */
function inTime<T>(work: Promise<T>, signal: AbortSignal, whenLate: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new OutboundFailure('timed_out', whenLate));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Gives the connection the addresses that were checked, whatever the name says by now. */
function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
}

function exchange(
  url: URL,
  { body, headers }: OutboundMessage,
  { addresses, maxAnswerBytes }: { readonly addresses: readonly ResolvedAddress[]; readonly maxAnswerBytes: number },
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      // One connection for one call, and no proxy of the environment.
      agent: false,
      lookup: pinned(addresses),
      signal,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'haven',
      },
    });
    let connected = false;
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    });
    // To an answer that switches protocols Node listens for nobody: without this the request ends with no event at all.
    request.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, excerpt: '' });
    });
    request.on('error', (cause) => reject(failureOf(cause, signal, connected)));
    request.on('response', (response) => {
      readAnswer(request, response, maxAnswerBytes).then(resolve, (cause: unknown) =>
        reject(failureOf(cause, signal, connected)),
      );
    });
    request.end(body);
  });
}

async function readAnswer(
  request: ClientRequest,
  response: IncomingMessage,
  maxBytes: number,
): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (bytes >= maxBytes) break;
  }
  request.destroy();
  const excerpt = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
  return { status: response.statusCode ?? 0, excerpt, retryAfter: response.headers['retry-after'] };
}

function failureOf(cause: unknown, signal: AbortSignal, connected: boolean): OutboundFailure {
  if (signal.aborted) return new OutboundFailure('timed_out', 'No whole answer in time', cause);
  if (connected) return new OutboundFailure('cut_off', 'The connection ended before the answer did', cause);
  return new OutboundFailure('unreachable', 'No connection could be made', cause);
}
