import { type Mailer, MailFailure } from '#shared/platform/aws/ses-mailer.ts';
import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import { alertMail } from './alert-mail.ts';
import { type AlertChannel, DeliveryFailed, isUnwell } from './channel.ts';

/** Who is mailed, and in whose name. */
export interface AlertEmail {
  readonly from: string;
  readonly to: readonly string[];
}

/** Names the channel of mails. */
export const EMAIL_CHANNEL = 'email';

/** The circuit of everything that is mailed by SES. */
export const EMAIL_BREAKER = 'ses:email';

/** How SES says by name that it is asked too often; the status of it is 400 or 429 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). */
const THROTTLES = new Set(['TooManyRequestsException', 'ThrottlingException', 'LimitExceededException']);

/** A channel that mails alerts by SES, in HTML and plain text. */
export function createEmailChannel(
  { mailer, breakers }: { readonly mailer: Mailer; readonly breakers: Breakers },
  { from, to }: AlertEmail,
): AlertChannel {
  return {
    name: EMAIL_CHANNEL,
    breaker: breakers.of(EMAIL_BREAKER),
    async send(notice, deadline) {
      try {
        await mailer.send({ from, to, ...alertMail(notice) }, deadline);
      } catch (error) {
        if (error instanceof MailFailure) throw toDeliveryFailed(error);
        throw error;
      }
    },
  };
}

function toDeliveryFailed(error: MailFailure): DeliveryFailed {
  const { status, code } = error;
  if (status === undefined)
    return new DeliveryFailed({ reason: code, unwell: true, final: false, silent: code === 'timed_out' }, error);
  const unwell = isUnwell(status) || THROTTLES.has(code);
  return new DeliveryFailed({ reason: `ses_${code}`, unwell, final: false, silent: false }, error);
}
