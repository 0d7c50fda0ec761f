import { ALERT_MAIL_BREAKER, type Mailer, MailFailure, TIMED_OUT } from '#shared/platform/aws/ses-mailer.ts';
import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import { TELL_ALL } from '../channels/routing.ts';
import { alertMail } from './alert-mail.ts';
import { type AlertChannel, DeliveryFailed } from './channel.ts';

/** Who is mailed, and in whose name. */
export interface AlertEmail {
  readonly from: string;
  readonly to: readonly string[];
}

/** Names the channel of mails. */
export const EMAIL_CHANNEL = 'email';

/** A channel that mails alerts by SES, in HTML and plain text; by default the one that the stage configures. */
export function createEmailChannel(
  { mailer, breakers }: { readonly mailer: Mailer; readonly breakers: Breakers },
  { from, to }: AlertEmail,
  { name, routing }: Pick<AlertChannel, 'name' | 'routing'> = { name: EMAIL_CHANNEL, routing: TELL_ALL },
): AlertChannel {
  return {
    name,
    routing,
    breaker: breakers.of(ALERT_MAIL_BREAKER),
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
  const { status, code, unwell } = error;
  const reason = status === undefined ? code : `ses_${code}`;
  return new DeliveryFailed({ reason, unwell, final: false, silent: code === TIMED_OUT }, error);
}
