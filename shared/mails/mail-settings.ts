import * as z from 'zod';
import { oneLine } from '#shared/platform/plain-text.ts';
import { LOCALES } from './templates/locale.ts';

/** What an order's page is named by in its URL. */
const ORDER_ID_PLACE = '{order_id}';
/** What mailboxes show of a name, and more. */
const MAX_NAME_CHARS = 60;

const address = z.email().max(254);

/** In whose name customers are mailed. */
export const shopMailSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .refine((name) => oneLine(name) === name, { error: 'must be one line of plain text' })
    .describe("The shop's name, as customers know it."),
  from: address.describe('The address that mails to customers come from.'),
  reply_to: address.optional().describe('Where answers of customers go; absent: to `from`.'),
});

/** How mails to customers are written. */
export const mailStyleShape = {
  locale: z.enum(LOCALES).default('en').describe('The language of customers whose order does not say.'),
  time_zone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone of the IANA database, such as Europe/Berlin' })
    .default('UTC')
    .describe('The time zone of dates in mails to customers, by its IANA name.'),
  order_url: z
    .string()
    .refine(isOrderUrl, { error: `must be an https URL with ${ORDER_ID_PLACE} in it, once` })
    .optional()
    .describe(
      `The page of an order in the storefront, with \`${ORDER_ID_PLACE}\` in place of its id; absent: mails have no link to it.`,
    ),
};

/** Everything about a shop that its mails need. */
export const mailShopSchema = z.strictObject({ ...shopMailSchema.shape, ...mailStyleShape });

/** Everything about a shop that its mails need. */
export type MailShop = z.output<typeof mailShopSchema>;

/** The page of an order; undefined: the stage has none. */
export function orderUrl({ order_url }: Pick<MailShop, 'order_url'>, orderId: string): string | undefined {
  return order_url?.replace(ORDER_ID_PLACE, encodeURIComponent(orderId));
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isOrderUrl(text: string): boolean {
  if (text.split(ORDER_ID_PLACE).length !== 2) return false;
  const url = URL.parse(text.replace(ORDER_ID_PLACE, 'ord_1'));
  return url?.protocol === 'https:' && url.href.includes('ord_1') && url.username === '' && url.password === '';
}
