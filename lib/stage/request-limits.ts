import * as z from 'zod';

const perMinute = z.number().int().min(1).max(1_000_000);

/** How much traffic a stage takes: API Gateway's throttle, WAF's rule, and Haven's own limits. */
export const requestLimitsShape = {
  throttle: z
    .strictObject({
      requests_per_second: z.number().int().positive().describe('Requests a second, over all clients.'),
      burst: z.number().int().positive().describe('Requests that may come at once above that.'),
    })
    .describe("API Gateway's throttle of the whole stage; a target, not a ceiling."),
  waf_requests_per_5_minutes: z.number().int().min(10).max(2_000_000_000).describe("WAF's rate rule, per address."),
  rate_limits_per_minute: z
    .strictObject({
      public: perMinute.describe(
        'Requests a minute without a key, or with one that anybody may read (that of a storefront); per address.',
      ),
      read: perMinute.describe('Requests a minute that change nothing.'),
      write: perMinute.describe('Requests a minute that change something.'),
      sensitive: perMinute.describe('Requests a minute to what makes keys and wallets.'),
      webhook: perMinute.default(10).describe('Webhooks of payment processors a minute, per address only.'),
    })
    .describe("Haven's own limits by route class, per principal and per address."),
} as const;

/** What Haven's own limits let one address send in the five minutes over which WAF counts. */
export function ownLimitPer5Minutes(perMinuteByClass: Readonly<Record<string, number>>): number {
  return 5 * Object.values(perMinuteByClass).reduce((sum, limit) => sum + limit, 0);
}
