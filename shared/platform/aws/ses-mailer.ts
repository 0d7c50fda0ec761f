import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { awsClientOptions } from './client-options.ts';

/** A mail, in both forms. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends mails. */
export interface Mailer {
  /** @throws MailFailure */
  send(mail: Mail, deadline: Deadline): Promise<void>;
}

/** Thrown when SES did not take a mail. Its message says nothing of the mail. */
export class MailFailure extends Error {
  /** The HTTP status of the answer; undefined when there was none, so that it is not known whether the mail was taken. */
  readonly status: number | undefined;
  /** The name that SES gives its refusal, `timed_out` or `unreachable`. */
  readonly code: string;

  constructor(status: number | undefined, code: string, cause?: unknown) {
    super(`SES did not take a mail: ${code}`, { cause });
    this.name = 'MailFailure';
    this.status = status;
    this.code = code;
  }
}

/** SES answers within a second or two. */
const SES_TIMEOUT_MS = 10_000;

const errorSchema = z.object({ __type: z.string().optional(), code: z.string().optional() });

/** The operations of SESv2 that Haven has a use for. */
type SesPath = '/v2/email/outbound-emails' | '/v2/email/identities';

/** Asks SESv2 for something. */
export type AskSes = (path: SesPath, body: object, deadline: Pick<Deadline, 'capMs'>) => Promise<void>;

/**
 * Speaks to SESv2 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). Its client is not among Haven's
 * dependencies, and its operations are POSTs of JSON: the signature, the region and the credentials are the SDK's own, of a client
 * that is never sent with. Nothing is tried again here.
 *
 * @param env where the endpoint is named, if it is not AWS's: by the variables that the SDK has for it
 * @returns what throws MailFailure
 */
export function createSes(
  env: Readonly<Record<string, string | undefined>> = process.env,
  signing: SecretsManagerClient = new SecretsManagerClient(awsClientOptions()),
): AskSes {
  return async (path, content, deadline) => {
    const region = await signing.config.region();
    const endpoint =
      env['AWS_ENDPOINT_URL_SESV2'] ?? env['AWS_ENDPOINT_URL'] ?? `https://email.${region}.amazonaws.com`;
    const url = new URL(path, endpoint);
    const body = JSON.stringify(content);
    const signer = await signing.config.signer({
      name: 'sigv4',
      signingName: 'ses',
      signingRegion: region,
      properties: {},
    });
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { host: url.host, 'content-type': 'application/json' },
      body,
    });
    const answer = await exchange(url, headers, body, deadline.capMs(SES_TIMEOUT_MS));
    if (answer.status !== 200) throw new MailFailure(answer.status, answer.code);
  };
}

/** Mails by SESv2. */
export function createSesMailer(ask: AskSes = createSes()): Mailer {
  return { send: (mail, deadline) => ask('/v2/email/outbound-emails', requestOf(mail), deadline) };
}

function requestOf({ from, to, subject, text, html }: Mail) {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    FromEmailAddress: from,
    Destination: { ToAddresses: [...to] },
    Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } } },
  };
}

async function exchange(
  url: URL,
  signed: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly code: string }> {
  // fetch sets it, to the same.
  const { host: _, ...headers } = signed;
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    const text = await response.text();
    return { status: response.status, code: codeOf(response, text) };
  } catch (cause) {
    throw new MailFailure(undefined, signal.aborted ? 'timed_out' : 'unreachable', cause);
  }
}

/** The name of a refusal, without what may stand around it. */
function codeOf(response: Response, text: string): string {
  const named = response.headers.get('x-amzn-errortype') ?? nameIn(text) ?? `http_${response.status}`;
  return /[A-Za-z][\w]{0,59}/.exec(named.split('#').at(-1) ?? '')?.[0] ?? `http_${response.status}`;
}

function nameIn(text: string): string | undefined {
  try {
    const { __type, code } = errorSchema.parse(JSON.parse(text));
    return __type ?? code;
  } catch {
    return undefined;
  }
}
