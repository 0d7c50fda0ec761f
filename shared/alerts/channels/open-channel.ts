import type { Mailer } from '#shared/platform/aws/ses-mailer.ts';
import type { AlertChannel } from '../delivery/channel.ts';
import { type AlertEmail, createEmailChannel } from '../delivery/email-channel.ts';
import {
  createChatChannel,
  createSignedChannel,
  type WebhookChannelDependencies,
} from '../delivery/webhook-channel.ts';
import { sealedSecretsInUse } from './channel-target.ts';
import { channelName, openField, type StoredChannel } from './stored-channel.ts';

/** What opening stored channels needs. */
export interface OpenChannelDependencies extends WebhookChannelDependencies {
  /** In whose name the stage mails; undefined: it mails nobody. */
  readonly email: AlertEmail | undefined;
  readonly mailer: Mailer;
  /** Reads the stage's secret with which texts are sealed. */
  readonly readNotifyKey: () => Promise<string>;
}

/**
 * Makes a channel of its row.
 *
 * @throws SealBroken, CONFIGURATION when the secret can't be read, Error when it is to be mailed on a stage that mails nobody
 */
export async function openChannel(deps: OpenChannelDependencies, stored: StoredChannel): Promise<AlertChannel> {
  const { id, target, min_severity, severities, categories, quiet_hours } = stored;
  const facts = { name: channelName(stored), routing: { min_severity, severities, categories, quiet_hours } };
  if (target.type === 'email') {
    if (deps.email === undefined) throw new Error('This stage mails nobody');
    return createEmailChannel(deps, { from: deps.email.from, to: target.addresses }, facts);
  }
  const key = await deps.readNotifyKey();
  const channel = { ...facts, url: openField(key, id, 'url', target.sealed_url) };
  if (target.type !== 'webhook') return createChatChannel(deps, channel, target.type);
  const sealed = sealedSecretsInUse(target, deps.clock());
  const secrets = sealed.map((secret) => openField(key, id, 'signing_secret', secret));
  return createSignedChannel(deps, channel, secrets);
}
