import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { capturedMails } from '../captured-mails.ts';
import type { LocalHaven } from '../local-haven.ts';
import { secretsIn, secretValues } from '../stage-secrets.ts';
import { type ReceivedWebhook, startWebhookReceiver } from '../webhook-receiver.ts';

const dataSchema = z.object({
  id: z.string(),
  severity: z.string(),
  category: z.string(),
  summary: z.string(),
  dedupe_key: z.string(),
  occurred_at: z.string(),
  held_back: z.number(),
  details: z.record(z.string(), z.unknown()),
  runbook_url: z.string(),
});
const webhookSchema = z.object({ type: z.literal('alert.recorded'), timestamp: z.string(), data: dataSchema });

/** Of Slack's blocks what Haven uses, within the limits that Slack documents. */
const slackSchema = z.strictObject({
  text: z.string().max(3_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: z.string().max(150), emoji: z.boolean() }),
        }),
        z.strictObject({
          type: z.literal('section'),
          text: z.strictObject({ type: z.literal('mrkdwn'), text: z.string().max(3_000), verbatim: z.literal(true) }),
        }),
      ]),
    )
    .max(50),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});
const headersSchema = z.record(z.string(), z.string());

/** An alert as a signed webhook told it. */
export type ToldAlert = z.output<typeof dataSchema>;

/** What was told of one thing, channel by channel. */
export interface Told {
  /** By signed webhook, in the order of the alerts; each signature verified by the official library. */
  readonly webhook: readonly ToldAlert[];
  /** In Slack's format, as it came. */
  readonly slack: readonly string[];
  /** By mail: the subject, the text and the HTML of each. */
  readonly mail: readonly string[];
}

/** One channel of each of the three kinds that people and machines are told by, and what they were told. */
export interface ToldChannels {
  /** The channels as deliveries name them. */
  readonly names: readonly string[];
  /**
   * What was told of something.
   *
   * @param subject stands in the dedupe key or the details of each of its alerts, and in no other's
   */
  about(subject: string): Promise<Told>;
  /** Names of the secrets of the stage, and of these channels, that stand in anything that these channels were told; and how much that was. */
  leaks(): Promise<{ readonly names: readonly string[]; readonly messages: number }>;
  /** Takes the channels away. */
  close(): Promise<void>;
}

/**
 * Makes a channel by mail, one in Slack's format and one of signed webhooks, by the API, and receives what they are told.
 *
 * @param categories what they want to hear of: others' alerts of the same categories come too, and are passed over by `about`
 */
export async function openToldChannels(
  haven: LocalHaven,
  categories: readonly Alert['category'][],
): Promise<ToldChannels> {
  const run = randomUUID().slice(0, 8);
  const address = `told-${run}@haven.example`;
  const slack = await startWebhookReceiver();
  const webhook = await startWebhookReceiver();
  // The path is what makes a Slack URL a secret.
  const slackUrl = slack.url.replace('/hook', `/services/${randomUUID()}`);
  const create = (body: Parameters<LocalHaven['client']['createAlertChannel']>[0]['body']) =>
    haven.client.createAlertChannel({ body: { ...body, categories: [...categories] } });
  const channels = [
    await create({ name: `mail ${run}`, type: 'email', addresses: [address] }),
    await create({ name: `slack ${run}`, type: 'slack', url: slackUrl }),
    await create({ name: `webhook ${run}`, type: 'webhook', url: webhook.url }),
  ];
  const secret = channels.at(-1)?.signing_secret ?? '';
  const verifier = new Webhook(secret);
  const alerts: ToldAlert[] = [];

  /** Verified when they are first looked at: the library refuses what is older than five minutes. */
  function verified(): readonly ToldAlert[] {
    for (const call of webhook.calls.slice(alerts.length)) alerts.push(verifiedAlert(verifier, call));
    return alerts;
  }

  const mails = async () => (await capturedMails(haven)).filter(({ To }) => To.includes(address));

  return {
    names: channels.map(({ channel }) => channel),
    async about(subject) {
      const told = verified().filter((alert) => JSON.stringify(alert).includes(subject));
      const texts = (await mails()).map(({ Subject, BodyText, BodyHtml }) => [Subject, BodyText, BodyHtml].join('\n'));
      return {
        webhook: told.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        slack: slack.calls
          .map(({ body }) => JSON.stringify(slackSchema.parse(JSON.parse(body))))
          .filter((text) => text.includes(subject)),
        mail: texts.filter((text) => text.includes(subject)),
      };
    },
    async leaks() {
      const own = [
        { name: 'the signing secret', value: secret },
        { name: 'the URL of Slack', value: new URL(slackUrl).pathname },
      ];
      const secrets = [...(await secretValues(haven.info)), ...own];
      // Headers too; the path is where a message goes, and no part of it.
      const told = [...slack.calls, ...webhook.calls].map(({ headers, body }) => JSON.stringify({ headers, body }));
      const messages = [...told, ...(await mails()).map((mail) => JSON.stringify(mail))];
      return { names: messages.flatMap((text) => secretsIn(text, secrets)), messages: messages.length };
    },
    async close() {
      for (const { id } of channels) await haven.client.deleteAlertChannel({ params: { id } });
      await Promise.all([slack.close(), webhook.close()]);
    },
  };
}

function verifiedAlert(verifier: Webhook, { headers, body }: ReceivedWebhook): ToldAlert {
  return webhookSchema.parse(verifier.verify(body, headersSchema.parse(headers))).data;
}
