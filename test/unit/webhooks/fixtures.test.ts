import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { transactionEventData } from '#shared/transactions/event-notice.ts';
import { eventBodySchema, orderEventData } from '#shared/webhooks/event.ts';
import { WEBHOOK_EVENTS } from '#shared/webhooks/event-types.ts';

const docs = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const fixtures = z
  .array(
    z.strictObject({
      type: z.string(),
      secret: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    }),
  )
  .parse(JSON.parse(docs('fixtures/webhook-events.json')));
const SENT_SECONDS = Number(fixtures[0]?.headers['webhook-timestamp']);

describe('docs/fixtures/webhook-events.json', () => {
  it('has a message of every type that is told', () => {
    expect(fixtures.map(({ type }) => type)).toEqual(Object.keys(WEBHOOK_EVENTS));
  });

  it.each(fixtures.map((fixture) => [fixture.type, fixture] as const))(
    'has a message of %s that the official library verifies, of the form that is documented',
    (type, { secret, headers, body }) => {
      vi.useFakeTimers({ now: SENT_SECONDS * 1_000 });
      try {
        const { data, ...event } = eventBodySchema.parse(new Webhook(secret).verify(body, headers));
        expect(event.type).toBe(type);
        if (type.startsWith('transaction.')) expect(transactionEventData.strict().parse(data)).toEqual(data);
        if (type.startsWith('order.')) expect(orderEventData.strict().parse(data)).toEqual(data);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

describe('the example in docs/webhooks.md', () => {
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(docs('webhooks.md')) ?? [];
  const readerSchema = z.object({
    readEvent: z.custom<
      (headers: object, body: string, secret: string, nowSeconds: number) => { id: string; type: string }
    >((value) => typeof value === 'function'),
  });
  const load = async () =>
    readerSchema.parse(
      await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(example).toString('base64')}`),
    ).readEvent;

  it('reads every message of Haven, and refuses one that was changed, is old, or of another', async () => {
    const readEvent = await load();
    for (const { type, headers, body, secret } of fixtures) {
      expect(readEvent(headers, body, secret, SENT_SECONDS)).toMatchObject({ type, id: headers['webhook-id'] });
      expect(() => readEvent(headers, `${body} `, secret, SENT_SECONDS)).toThrow('Not signed');
      expect(() => readEvent(headers, body, secret, SENT_SECONDS + 301)).toThrow('Too old');
      expect(() => readEvent(headers, body, `whsec_${'A'.repeat(43)}=`, SENT_SECONDS)).toThrow('Not signed');
    }
  });
});
