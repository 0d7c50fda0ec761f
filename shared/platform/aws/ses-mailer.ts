import {
  SESv2Client,
  SESv2ServiceException,
  SendEmailCommand,
  type SendEmailCommandInput,
} from '@aws-sdk/client-sesv2';
import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { awsClientOptions } from './client-options.ts';

/** A mail, in both forms. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Where answers go, if not to `from`. */
  readonly replyTo?: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends mails. */
export interface Mailer {
  /** @throws MailFailure */
  send(mail: Mail, deadline: Deadline): Promise<void>;
}

/** The circuit of what operators are mailed by SES. */
export const ALERT_MAIL_BREAKER = 'ses:email';

/** The circuit of what customers are mailed: of its own, so that their many mails, which SES may throttle, hold back no alert. */
export const CUSTOMER_MAIL_BREAKER = 'ses:customers';

/** The code of a failure when SES did not answer in time. */
export const TIMED_OUT = 'timed_out';

/** How SES says by name that it is asked too often; the status of it is 400 or 429 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). */
const THROTTLES = new Set(['TooManyRequestsException', 'ThrottlingException', 'LimitExceededException']);
const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;

/** Thrown when SES did not take a mail. Its message says nothing of the mail. */
export class MailFailure extends Error {
  /** The HTTP status of the answer; undefined when there was none, so that it is not known whether the mail was taken. */
  readonly status: number | undefined;
  /** The name that SES gives its refusal, `timed_out` or `unreachable`. */
  readonly code: string;
  /** Whether it tells that SES is unwell, or asked too often, and not that it dislikes what it was sent. */
  readonly unwell: boolean;

  constructor(status: number | undefined, code: string, cause?: unknown) {
    super(`SES did not take a mail: ${code}`, { cause });
    this.name = 'MailFailure';
    this.status = status;
    this.code = code;
    const isUnwell =
      status === undefined || status >= 500 || status === TOO_MANY_REQUESTS || status === REQUEST_TIMEOUT;
    this.unwell = isUnwell || THROTTLES.has(code);
  }
}

/** SES answers within a second or two. */
const SES_TIMEOUT_MS = 10_000;

/** A client of SESv2 that tries nothing again: whoever sends stores each attempt first, and says when the next one is due. */
export function sesClient(): SESv2Client {
  const { requestHandler } = awsClientOptions();
  return new SESv2Client({ maxAttempts: 1, requestHandler: { ...requestHandler, requestTimeout: SES_TIMEOUT_MS } });
}

/** Mails by SESv2 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). */
export function createSesMailer(client: SESv2Client = sesClient()): Mailer {
  return {
    async send(mail, deadline) {
      const abortSignal = AbortSignal.timeout(Math.ceil(deadline.capMs(SES_TIMEOUT_MS)));
      try {
        await client.send(new SendEmailCommand(requestOf(mail)), { abortSignal });
      } catch (error) {
        throw toMailFailure(error, abortSignal.aborted);
      }
    },
  };
}

function requestOf({ from, to, replyTo, subject, text, html }: Mail): SendEmailCommandInput {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    FromEmailAddress: from,
    Destination: { ToAddresses: [...to] },
    ...(replyTo === undefined ? {} : { ReplyToAddresses: [replyTo] }),
    Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } } },
  };
}

/** What the SDK puts on every error of an answer, one that it can't read included. */
const answeredSchema = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) });

/** Answers have a status; whatever else is thrown is about the way there. */
function toMailFailure(error: unknown, isAborted: boolean): MailFailure {
  const answered = answeredSchema.safeParse(error);
  if (answered.success && !isAborted) {
    const status = answered.data.$metadata.httpStatusCode;
    const name = error instanceof SESv2ServiceException ? nameOf(error) : undefined;
    return new MailFailure(status, name ?? `http_${status}`, error);
  }
  const isTimeout = isAborted || (error instanceof Error && error.name === 'TimeoutError');
  return new MailFailure(undefined, isTimeout ? TIMED_OUT : 'unreachable', error);
}

/** The name of a refusal, without what an odd endpoint may put around it; undefined: it has none. */
function nameOf({ name }: Error): string | undefined {
  return /^Unknown(Error)?$/.test(name) ? undefined : /^[A-Za-z]\w{0,59}$/.exec(name)?.[0];
}
