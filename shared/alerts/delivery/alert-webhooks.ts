import * as z from 'zod';
import { webhookSecretSchema } from '#shared/platform/http/standard-webhooks.ts';
import { UNFILLED_SECRET_KEY } from '#shared/platform/unfilled-secret.ts';

/** The secret as a whole: webhooks by name. Each is checked by itself, so that a bad one stops no other. */
export const alertWebhooksSecretSchema = z.record(z.string(), z.unknown(), {
  error: 'must be an object of webhooks by name',
});

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);

const webhookSchema = z.strictObject(
  {
    url: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }),
    /** Two while one replaces the other: each attempt is signed with both. */
    signing_secret: z.union(
      [webhookSecretSchema.transform((secret) => [secret]), z.array(webhookSecretSchema).min(1).max(2)],
      { error: 'must be whsec_ and 24 to 64 bytes in base64, or two of them' },
    ),
  },
  { error: 'must have a url and a signing_secret, and nothing else' },
);

/** A webhook that is told of alerts. */
export interface AlertWebhook {
  readonly name: string;
  readonly url: string;
  readonly secrets: readonly string[];
}

/** What the secret says. */
export interface AlertWebhooks {
  readonly webhooks: readonly AlertWebhook[];
  /** What is wrong with the others, by place and field, without a word of what stands there. */
  readonly problems: readonly string[];
}

/** Makes sense of the secret, entry by entry. */
export function parseAlertWebhooks(secret: Readonly<Record<string, unknown>>): AlertWebhooks {
  const webhooks: AlertWebhook[] = [];
  const problems: string[] = [];
  for (const [index, [name, value]] of Object.entries(secret).entries()) {
    if (name === UNFILLED_SECRET_KEY && typeof value === 'string') continue;
    const parsed = webhookSchema.safeParse(value);
    const isNamed = nameSchema.safeParse(name).success;
    // A bad name may be a value in the wrong place, so it is told by its place.
    const where = isNamed ? name : `entry ${index + 1}`;
    if (!isNamed) problems.push(`${where}: the name must be lower-case letters, digits and hyphens, 40 at most`);
    if (!parsed.success) problems.push(...problemsOf(where, parsed.error));
    if (isNamed && parsed.success) webhooks.push({ name, url: parsed.data.url, secrets: parsed.data.signing_secret });
  }
  return { webhooks, problems };
}

const FIELDS = new Set(['url', 'signing_secret']);

function problemsOf(where: string, error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => {
    const [field] = path;
    return typeof field === 'string' && FIELDS.has(field) ? `${where}.${field}: ${message}` : `${where}: ${message}`;
  });
}
