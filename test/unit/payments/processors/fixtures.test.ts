import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { processorSchema } from '#shared/payments/processors/processor-config.ts';
import { readKryptoExpress } from '#shared/payments/processors/read-kryptoexpress.ts';
import { readStandard } from '#shared/payments/processors/read-standard.ts';
import { BadSignature, requireSigned } from '#shared/payments/processors/verify.ts';
import { RawBody } from '#shared/platform/http/raw-body.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

const fixtureSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['kryptoexpress', 'standard-webhooks']),
  secret: z.string(),
  signed_at: z.iso.datetime(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  told: z.record(z.string(), z.unknown()),
});

const FIXTURES = z
  .array(fixtureSchema)
  .parse(
    JSON.parse(readFileSync(new URL('../../../../docs/fixtures/processor-webhooks.json', import.meta.url), 'utf8')),
  );

describe('the webhooks that docs/fixtures has for integrators', () => {
  it.each(FIXTURES.map((one) => [`${one.kind}: ${one.name}`, one] as const))('%s', async (_what, one) => {
    const { kind, secret, headers, body, told, signed_at } = one;
    const processor = processorSchema.parse({
      name: 'example',
      kind,
      price_chain_id: 1,
      currencies: [{ asset: 'BTC' }],
    });
    const nowMs = Date.parse(signed_at);
    const signed = requireSigned(
      processor,
      new RawBody(Buffer.from(body, 'utf8'), headers),
      { example: secret },
      nowMs,
    );
    const read =
      kind === 'kryptoexpress'
        ? readKryptoExpress(processor, signed.bytes)
        : readStandard(processor, signed.bytes, nowMs);
    expect({
      event: read.event,
      invoice_id: read.invoiceId,
      payment_id: read.paymentId,
      transaction_hash: read.transactionHash,
      asset: read.currency.asset,
      amount: read.amount.toString(),
      confirmations: read.confirmations,
    }).toEqual(told);
    const changed = new RawBody(Buffer.from(body.replace('0.00025', '0.00026'), 'utf8'), headers);
    await caughtLater(BadSignature, async () => requireSigned(processor, changed, { example: secret }, nowMs));
  });
});
