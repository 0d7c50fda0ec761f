/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A request as it goes out. */
export interface RawRequest {
  readonly method: string;
  /** Below the base URL, parameters filled in: `/transactions/tx_...`. */
  readonly path: string;
  /** Members that are undefined are left out. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. Undefined: no body. */
  readonly body?: unknown;
}

/** An answer as it came in. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The value of a JSON answer, the text of any other; undefined when there is none. */
  readonly body: unknown;
}

/** Sends one request, once. */
export type Send = (request: RawRequest) => Promise<RawResponse>;

/** What sending needs. */
export interface TransportOptions {
  /** The API's URL, with or without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly fetch: Fetch;
  /** Until the whole answer is read. */
  readonly timeoutMs: number;
}

/**
 * Sends requests below a base URL. Rejects when no answer came in time; an answer of any status is an answer.
 *
 * @throws TypeError when the base URL isn't one
 */
export function createTransport({ baseUrl, apiKey, fetch, timeoutMs }: TransportOptions): Send {
  const base = new URL(baseUrl).href.replace(/\/+$/, '');
  return async ({ method, path, query = {}, headers = {}, body }) => {
    const response = await fetch(`${base}${path}${toQuery(query)}`, {
      method,
      headers: {
        Accept: 'application/json, text/html',
        ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      // The API never redirects; following one would show the key to whoever sends it.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: toValue(response.headers, await response.text()),
    };
  };
}

/**
 * Fills in a path's parameters.
 *
 * @param template with `{parameters}`
 * @throws TypeError when one is missing or would lead to another path
 */
export function fillPath(template: string, params: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => toSegment(name, toText(name, params[name])));
}

/** An empty or a dotted segment survives encoding, and means the path without it or the one above. */
function toSegment(name: string, text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new TypeError(`${name} must not be empty, . or ..`);
  return encodeURIComponent(text);
}

function toQuery(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, toText(name, value)]));
  return pairs.length === 0 ? '' : `?${search}`;
}

function toText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw new TypeError(`${name} must be a text, a number or a boolean`);
}

function toValue(headers: Headers, text: string): unknown {
  if (text === '') return undefined;
  if (!/[/+]json\b/i.test(headers.get('content-type') ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
