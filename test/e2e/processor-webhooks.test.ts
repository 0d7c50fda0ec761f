import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { awsOptions, callAsScheduled, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { sendRaw } from '#test/support/raw-request.ts';
import { checkShopAfterAll } from '#test/support/shop-check.ts';
import { casesOf } from '../../bin/payments/cases.ts';
import { orderMaker, stateOf } from '../../bin/payments/haven-orders.ts';
import { type Message, signStandard } from '../../bin/payments/messages.ts';
import { simulate } from '../../bin/payments/simulate.ts';

const SHOP = 'haven-local-shop';
const HOUR_MS = 3_600_000;
const SECRETS = {
  kryptoexpress: randomBytes(32).toString('hex'),
  standard: `whsec_${randomBytes(32).toString('base64')}`,
};
const PROCESSORS = [
  { processor: 'kryptoexpress', kind: 'kryptoexpress' },
  { processor: 'standard', kind: 'standard-webhooks' },
] as const;

checkShopAfterAll('SIMULATED-');

let haven: LocalHaven;
let client: ReturnType<typeof createDocumentClient>;
beforeAll(async () => {
  haven = localHaven();
  client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  const options = awsOptions(haven.info);
  await new SecretsManagerClient(options).send(
    new PutSecretValueCommand({ SecretId: 'haven/local/payment-processors', SecretString: JSON.stringify(SECRETS) }),
  );
  await new LambdaClient(options).send(
    // Begins anew, and so reads the secret at once.
    new UpdateFunctionConfigurationCommand({ FunctionName: 'haven-local-payment-webhooks', MemorySize: 512 }),
  );
});

/** An address that no other test sends from. */
const newAddress = () => `10.${[...randomBytes(3)].join('.')}`;

async function send(processor: string, { headers, body }: Message, from = newAddress()) {
  const path = `/webhooks/payments/${processor}`;
  const answer = await sendRaw(haven.info, {
    method: 'POST',
    path,
    body,
    apiKey: null,
    headers: { ...headers, 'X-Forwarded-For': from },
  });
  const said: unknown = JSON.parse(answer.text);
  const outcome =
    typeof said === 'object' && said !== null && 'outcome' in said ? String(said.outcome) : answer.body.error;
  return { answer, said: `${answer.status} ${outcome}` };
}

/** Puts an order's deadline into the past, as time would, and has it expire. */
async function age(id: string): Promise<void> {
  const found = await createOrderStore(client, SHOP).find(id);
  if (found === undefined) throw new Error(`No order ${id}`);
  const order = { ...found.order, expires_at: isoTime(Date.now() - HOUR_MS) };
  await client.send(new PutCommand({ TableName: SHOP, Item: orderItem(order) }));
  await callAsScheduled(haven, 'order-expirer');
}

describe.each(PROCESSORS)('webhooks of $kind on the deployed stack', ({ processor, kind }) => {
  it('are answered as the simulator says, in every case, and leave its orders as it says', async () => {
    const newOrder = orderMaker(haven.client, { processor, asset: 'BTC' });
    const results = await simulate(
      {
        newOrder: () => newOrder(60),
        stateOf: (id) => stateOf(haven.client, id),
        send: async (message) => (await send(processor, message)).said,
        age,
      },
      { kind, secret: SECRETS[processor], otherCurrency: 'LTC' },
      () => undefined,
    );
    expect(results.filter(({ outcome }) => outcome !== 'as expected')).toEqual([]);
    expect(results.length).toBe(casesOf(kind).length);
  });

  it('are let in ten times a minute from one address, and the 11th is refused before anything is looked at', async () => {
    const from = newAddress();
    const nothing = { headers: {}, body: '{}' };
    const said: string[] = [];
    for (let n = 0; n < 10; n += 1) said.push((await send(processor, nothing, from)).said);
    // One every six seconds is let in besides: so long this takes at the most.
    const after = await Promise.all(Array.from({ length: 3 }, () => send(processor, nothing, from)));
    expect(new Set(said)).toEqual(new Set(['401 INVALID_SIGNATURE']));
    const last = after.find(({ answer }) => answer.status === 429);
    expect(last?.said).toBe('429 RATE_LIMITED');
    expect(Number(last?.answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(processor, nothing)).said).toBe('401 INVALID_SIGNATURE');
  });
});

describe('a webhook on the deployed stack', () => {
  it('of nobody is answered as any other that is not found', async () => {
    const { answer } = await send('nobody', { headers: {}, body: '{}' });
    expect([answer.status, answer.body.error]).toEqual([404, 'PROCESSOR_NOT_FOUND']);
  });

  it('with bytes that are more than ASCII is checked byte for byte', async () => {
    const newOrder = orderMaker(haven.client, { processor: 'standard', asset: 'SOL' });
    const { orderId, invoiceId, due } = await newOrder(60);
    const amount = `${due / 1_000_000_000n}.${String(due % 1_000_000_000n).padStart(9, '0')}`;
    const data = {
      invoice_id: invoiceId,
      payment_id: randomUUID(),
      transaction_hash: null,
      amount,
      currency: 'SOL',
      confirmations: 32,
    };
    const body = JSON.stringify({
      type: 'payment.confirmed',
      timestamp: isoTime(Date.now()),
      note: 'naïve ☕ 🎉',
      data,
    });
    const message = signStandard(body, SECRETS.standard, Date.now());
    expect((await send('standard', message)).said).toBe('200 applied');
    expect(await stateOf(haven.client, orderId)).toBe('paid');
    const history = await haven.client.getOrderHistory({ params: { id: orderId } });
    expect(history.data.map(({ action }) => action)).toEqual([
      'order.created',
      'order.invoice_bound',
      'payment.confirmed_by_processor',
      'order.confirming',
      'order.paid',
    ]);
    const payments = await haven.client.listOrderPayments({ params: { id: orderId } });
    expect(payments.data).toMatchObject([{ on_chain: null, processor: { name: 'standard', invoice_id: invoiceId } }]);
  });
});
