import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { outboundUrlFault } from '#shared/platform/http/outbound-url.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { newWebhookSecret, ROTATION_OVERLAP_MS } from '#shared/platform/http/webhook-secret.ts';
import { mayReceive, type RecipientRules } from './recipients.ts';
import { type CHANNEL_TYPES, type ChannelTarget, sealField, type WebhookTarget } from './stored-channel.ts';

/** What says where a channel's alerts may go. */
export interface TargetRules {
  /** Undefined: this stage mails nobody. */
  readonly recipients: RecipientRules | undefined;
  /** Hosts that may be called although their addresses are not public, and without TLS. */
  readonly exemptHosts: readonly string[];
  /** Reads the stage's secret with which texts are sealed. */
  readonly readNotifyKey: () => Promise<string>;
}

/** What a request says of where alerts go. */
export interface WantedTarget {
  readonly addresses?: readonly string[] | undefined;
  readonly url?: string | undefined;
}

/** Where a new channel's alerts go, and the signing secret that nobody is shown again. */
export interface NewTarget {
  readonly target: ChannelTarget;
  /** Of generic webhooks; else null. */
  readonly signingSecret: string | null;
}

/**
 * Checks where the alerts of a new channel are to go, and seals what is secret of it.
 *
 * @throws INVALID_PARAMETER
 */
export async function newTarget(
  rules: TargetRules,
  channelId: string,
  type: (typeof CHANNEL_TYPES)[number],
  wanted: WantedTarget,
): Promise<NewTarget> {
  if (type === 'email') return { target: { type, addresses: checkedAddresses(rules, wanted) }, signingSecret: null };
  const place = await sealedPlace(rules, channelId, wanted);
  if (type !== 'webhook') return { target: { type, ...place }, signingSecret: null };
  const signingSecret = newWebhookSecret();
  const sealed_secret = sealField(await rules.readNotifyKey(), channelId, 'signing_secret', signingSecret);
  return { target: { type, ...place, sealed_secret }, signingSecret };
}

/**
 * Checks where a channel's alerts are to go from now on; of a channel of the same type.
 *
 * @param wanted neither field: where they went before
 * @throws INVALID_PARAMETER
 */
export async function changedTarget(
  rules: TargetRules,
  channelId: string,
  before: ChannelTarget,
  wanted: WantedTarget,
): Promise<ChannelTarget> {
  if (wanted.addresses === undefined && wanted.url === undefined) return before;
  if (before.type === 'email') return { ...before, addresses: checkedAddresses(rules, wanted) };
  return { ...before, ...(await sealedPlace(rules, channelId, wanted)) };
}

/**
 * Gives a generic webhook a new signing secret. Its posts are signed with the one before too for a time, and with older ones no more.
 *
 * @throws INVALID_TRANSITION when the channel signs nothing
 */
export async function withNewSecret(
  { readNotifyKey }: Pick<TargetRules, 'readNotifyKey'>,
  channelId: string,
  before: ChannelTarget,
  nowMs: number,
): Promise<{ readonly target: WebhookTarget; readonly signingSecret: string }> {
  if (before.type !== 'webhook')
    throw new HavenError('INVALID_TRANSITION', `A channel of type ${before.type} has no signing secret`);
  const signingSecret = newWebhookSecret();
  const sealed_secret = sealField(await readNotifyKey(), channelId, 'signing_secret', signingSecret);
  const replaced = { sealed_secret: before.sealed_secret, until: isoTime(nowMs + ROTATION_OVERLAP_MS) };
  return { target: { ...before, sealed_secret, replaced }, signingSecret };
}

/** The secrets that posts of a generic webhook are signed with now, sealed, the current one first. */
export function sealedSecretsInUse({ sealed_secret, replaced }: WebhookTarget, nowMs: number): readonly string[] {
  const isInUse = replaced !== undefined && Date.parse(replaced.until) > nowMs;
  return isInUse ? [sealed_secret, replaced.sealed_secret] : [sealed_secret];
}

function checkedAddresses({ recipients }: TargetRules, { addresses, url }: WantedTarget): string[] {
  if (addresses === undefined || url !== undefined)
    throw fieldError('INVALID_PARAMETER', 'body.addresses', 'a channel of type email has addresses and no url');
  if (recipients === undefined)
    throw fieldError('INVALID_PARAMETER', 'body.addresses', 'this stage mails nobody: its alerts.email is not set');
  if (!addresses.every((address) => mayReceive(recipients, address)))
    throw fieldError(
      'INVALID_PARAMETER',
      'body.addresses',
      "must be at a domain of the stage's alerts.email.recipient_domains",
    );
  return [...new Set(addresses)];
}

async function sealedPlace({ exemptHosts, readNotifyKey }: TargetRules, channelId: string, wanted: WantedTarget) {
  const { url, addresses } = wanted;
  const parsed = url === undefined ? null : URL.parse(url);
  if (url === undefined || parsed === null || addresses !== undefined)
    throw fieldError('INVALID_PARAMETER', 'body.url', 'a channel of this type has a url and no addresses');
  const fault = outboundUrlFault(url, exemptHosts);
  if (fault !== undefined) throw fieldError('INVALID_PARAMETER', 'body.url', fault);
  return { sealed_url: sealField(await readNotifyKey(), channelId, 'url', url), host: parsed.host };
}
