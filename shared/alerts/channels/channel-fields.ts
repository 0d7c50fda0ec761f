import * as z from 'zod';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { alertCategorySchema, alertSeveritySchema } from '../alert.ts';
import { MAX_RECIPIENTS } from '../delivery/alert-settings.ts';
import { quietHoursSchema } from './quiet-hours.ts';
import { normalisedAddress } from './recipients.ts';

const MAX_URL_CHARS = 2_000;

const URL_ERROR = 'INVALID_PARAMETER: must be an http(s) URL without credentials';

/** Fields of a channel that a request may have, when it is made and when it is changed. */
export const channelFields = {
  name: z.string().trim().min(1).max(100).refine(holdsNoKey, NO_KEY),
  enabled: z.boolean(),
  min_severity: alertSeveritySchema.describe('What is less grave is not told there.'),
  severities: z.array(alertSeveritySchema).min(1).max(4).nullable().describe('Only these; null: all.'),
  categories: z
    .array(alertCategorySchema)
    .min(1)
    .max(alertCategorySchema.options.length)
    .nullable()
    .describe('Only these; null: all.'),
  quiet_hours: quietHoursSchema
    .nullable()
    .describe('When alerts wait, each for the end of it. CRITICAL ones never do. Null: never.'),
  addresses: z
    .array(z.email({ error: 'INVALID_PARAMETER: must be an e-mail address' }).max(254).overwrite(normalisedAddress))
    .min(1)
    .max(MAX_RECIPIENTS)
    .describe('Of type email: who is mailed.'),
  url: z
    .url({ protocol: /^https?$/, error: URL_ERROR })
    .max(MAX_URL_CHARS)
    .refine(hasNoCredentials, { error: URL_ERROR })
    .describe('Of the other types: where alerts are posted. Kept sealed and never shown again.'),
};

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}
