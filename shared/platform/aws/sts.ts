import { createHash, createHmac } from 'node:crypto';
import * as z from 'zod';

/** Credentials of AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A POST request to sign. */
export interface PostRequest {
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
}

/** Whom AWS takes the caller for. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/** STS refuses, or gives no answer that can be read. Holds its code and message; no credential is ever in them. */
export class StsRefused extends Error {
  constructor(action: string, reason: string) {
    super(`sts:${action} was refused: ${reason}`);
    this.name = 'StsRefused';
  }
}

/** STS answers in a moment; what takes longer is lost. */
const TIMEOUT_MS = 10_000;
const VERSION = '2011-06-15';
const FORM = 'application/x-www-form-urlencoded';

/**
 * Signature Version 4 for a POST request: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html.
 * Only for STS, which has no SDK client among Haven's dependencies.
 *
 * @param at ISO 8601, UTC
 * @returns the headers to send
 */
export function signedHeaders(
  { url, contentType, body }: PostRequest,
  credentials: AwsCredentials,
  { region, service, at }: { readonly region: string; readonly service: string; readonly at: string },
): Record<string, string> {
  const stamp = at.replace(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const headers: Record<string, string> = {
    'content-type': contentType,
    host: url.host,
    'x-amz-date': stamp,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const canonical = [
    'POST',
    url.pathname,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    signed,
    sha256(body),
  ];
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical.join('\n'))].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const signature = hmac(key, toSign).toString('hex');
  const { host: _host, ...sent } = headers;
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

/** Asks STS. */
export class Sts {
  readonly #credentials: AwsCredentials;
  readonly #region: string;
  readonly #endpoint: string;

  /** @param endpoint another than AWS's own */
  constructor(credentials: AwsCredentials, region: string, endpoint: string | undefined) {
    this.#credentials = credentials;
    this.#region = region;
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    this.#endpoint = endpoint ?? `https://sts.${region}.${suffix}`;
  }

  /**
   * Whom AWS takes the caller for. Needs no right.
   *
   * @throws StsRefused
   */
  async callerIdentity(): Promise<CallerIdentity> {
    const text = await this.#ask('GetCallerIdentity', {});
    return { account: element(text, 'GetCallerIdentity', 'Account'), arn: element(text, 'GetCallerIdentity', 'Arn') };
  }

  /**
   * Credentials of a role, for an hour.
   *
   * @param mfa the device and the code that it shows
   * @throws StsRefused
   */
  async assumeRole(
    roleArn: string,
    sessionName: string,
    mfa?: { readonly serial: string; readonly code: string },
  ): Promise<AwsCredentials> {
    const text = await this.#ask('AssumeRole', {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      ...(mfa === undefined ? {} : { SerialNumber: mfa.serial, TokenCode: mfa.code }),
    });
    const value = (name: string) => element(text, 'AssumeRole', name);
    return {
      accessKeyId: value('AccessKeyId'),
      secretAccessKey: value('SecretAccessKey'),
      sessionToken: value('SessionToken'),
    };
  }

  async #ask(action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const url = new URL('/', this.#endpoint);
    const body = new URLSearchParams({ Action: action, Version: VERSION, ...parameters }).toString();
    const at = new Date().toISOString();
    const headers = signedHeaders({ url, contentType: FORM, body }, this.#credentials, {
      region: this.#region,
      service: 'sts',
      at,
    });
    let answer: Response;
    try {
      answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch {
      throw new StsRefused(action, `${url.host} gives no answer`);
    }
    const text = await answer.text();
    if (answer.ok) return text;
    const [code, message] = ['Code', 'Message'].map((name) => elementOf(text, name));
    throw new StsRefused(action, `${code ?? `HTTP ${answer.status}`}${message === undefined ? '' : `, ${message}`}`);
  }
}

function element(text: string, action: string, name: string): string {
  const value = z.string().min(1).safeParse(elementOf(text, name)).data;
  if (value === undefined) throw new StsRefused(action, `an answer without ${name}`);
  return value;
}

/** The text of the first element of that name. STS's answers have no attributes, and escape in these fields nothing. */
function elementOf(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
