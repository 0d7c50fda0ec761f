import { randomBytes, randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { awsOptions, clientWith, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type RawRequest, sendRaw } from '#test/support/raw-request.ts';

const WAIT_MS = 60_000;
/** Between two looks that each make another event. */
const POLL_MS = 1_000;

let haven: LocalHaven;
let parts: InProcess;
let startedAt: string;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  startedAt = new Date().toISOString();
});

/** An address of this test only: other files fail at theirs. The local gateway believes the header; AWS takes the connection's own address. */
function ownAddress(): { readonly headers: Record<string, string>; readonly subject: string } {
  const groups =
    randomBytes(4)
      .toString('hex')
      .match(/.{4}/g)
      ?.map((group) => Number.parseInt(group, 16) || 1) ?? [];
  const network = `2001:db8:${groups.map((group) => group.toString(16)).join(':')}`;
  return { headers: { 'X-Forwarded-For': `${network}::7` }, subject: `${network}::/64` };
}

const secret = () => randomBytes(32).toString('hex');
const unknownKey = () => `hvn_test_${newId('key').slice('key_'.length)}_${secret()}`;

const read = (apiKey: string, headers: Record<string, string>) =>
  sendRaw(haven.info, { method: 'GET', path: '/transactions?limit=1', apiKey, headers });

type Category = 'security' | 'policy_violation';

/** Waits for the alert of a pattern about something. */
const alertOf = (pattern: string, about: string, category: Category = 'security') =>
  eventually(
    `the alert ${pattern} of ${about}`,
    async () => {
      const { data } = await haven.client.listAlerts({ query: { category, created_from: anHourAgo(), limit: 100 } });
      return data.find(({ details }) => details['pattern'] === pattern && Object.values(details).includes(about));
    },
    WAIT_MS,
  );

/** The id of an alert has the time of the window that it is of. */
const anHourAgo = () => new Date(Date.parse(startedAt) - 3_600_000).toISOString();

type Filter = NonNullable<Parameters<HavenClient['listErrors']>[0]>['query'];

/** Waits until a row's last occurrence is of a request; sends one more before each look, because those of other files come between. */
const keptAs = (filter: Filter, send: () => Promise<string | undefined>) => {
  const own = new Set<string>();
  return eventually(
    `a row of ${JSON.stringify(filter)}`,
    async () => {
      const id = await send();
      if (id !== undefined) own.add(id);
      const { data } = await haven.client.listErrors({ query: { ...filter, since: startedAt, limit: 100 } });
      return data.find(({ request_id }) => request_id !== null && own.has(request_id));
    },
    WAIT_MS,
    POLL_MS,
  );
};

describe.concurrent('security events', () => {
  it('keys that nobody has, from one address: kept without it, listed, shown, and told as an enumeration', async () => {
    const { headers, subject } = ownAddress();
    const answers = await Promise.all(Array.from({ length: 10 }, () => read(unknownKey(), headers)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(await alertOf('key_enumeration', subject)).toMatchObject({
      severity: 'WARNING',
      details: { source_address: subject, at_least: 10 },
    });
    const filter = { kind: 'security', code: 'AUTHENTICATION_FAILED', function: 'authorizer' } as const;
    // A batch of what went wrong is kept and told side by side: either may be there first.
    const row = await eventually(
      'a failed authentication that is kept',
      async () => (await haven.client.listErrors({ query: { ...filter, since: startedAt } })).data[0],
      WAIT_MS,
    );
    expect(row).toMatchObject({ kind: 'security', code: 'AUTHENTICATION_FAILED', function: 'authorizer' });
    expect(row.count).toBeGreaterThan(0);
    const shown = await haven.client.getError({ params: { id: row.id } });
    expect(shown).toMatchObject({ id: row.id, stack: null, last: { context: { reason: expect.any(String) } } });
    expect(JSON.stringify(shown)).not.toContain(headers['X-Forwarded-For']);
  });

  it('many keys that exist with wrong secrets, from one address: told as credential stuffing, and no secret is kept', async () => {
    const { headers, subject } = ownAddress();
    const keys = await Promise.all(
      Array.from({ length: 5 }, () =>
        haven.client.createApiKey({ body: { name: 'stuffed', scopes: ['catalog:read'] } }),
      ),
    );
    const wrong = secret();
    for (const { key } of keys) {
      expect((await read((key ?? '').replace(/_[^_]*$/, `_${wrong}`), headers)).status).toBe(401);
    }
    const alert = await alertOf('credential_stuffing', subject);
    expect(alert).toMatchObject({ severity: 'ERROR', category: 'security' });
    expect(JSON.stringify(alert)).not.toContain(wrong);
  });

  it('many addresses with one key: told as credential stuffing, which no lockout of an address sees', async () => {
    const { id, key } = await haven.client.createApiKey({ body: { name: 'guessed', scopes: ['catalog:read'] } });
    for (let address = 0; address < 5; address += 1) {
      await read((key ?? '').replace(/_[^_]*$/, `_${secret()}`), ownAddress().headers);
    }
    expect(await alertOf('distributed_guessing', id)).toMatchObject({ details: { key_id: id } });
  });

  it('ids of wallets that are not there, asked for by one principal: told as an enumeration', async () => {
    const { id, key } = await haven.client.createApiKey({ body: { name: 'curious', scopes: ['custody:read'] } });
    const curious = clientWith(haven.info, key ?? '');
    for (let ask = 0; ask < 20; ask += 1) {
      await expect(curious.getWallet({ params: { id: newId('wal') } })).rejects.toMatchObject({ status: 404 });
    }
    expect(await alertOf('id_enumeration', id)).toMatchObject({ details: { principal: id } });
  });

  it('routes without a scope for them: kept with who asked, and told once there are many', async () => {
    const { id, key } = await haven.client.createApiKey({ body: { name: 'prober', scopes: ['catalog:read'] } });
    const ask = async (path: string) => (await sendRaw(haven.info, { method: 'GET', path, apiKey: key ?? '' })).body;
    const kept = await keptAs(
      { code: 'FORBIDDEN', function: 'ops-api' },
      async () => (await ask('/admin/errors')).request_id,
    );
    expect(kept).toMatchObject({ principal: id, place: 'GET /v1/admin/errors' });
    for (const path of ['/admin/wallets', '/admin/alerts', '/admin/api-keys', '/users', '/webhook-endpoints']) {
      expect(await ask(path)).toMatchObject({ error: 'FORBIDDEN' });
    }
    await alertOf('scope_probing', id);
  });

  it("a wallet's policy that denies again and again: told as policy_violation", async () => {
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    await haven.client.pauseWallet({ params: { id: wallet.id }, body: { reason: 'a test of denials' } });
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: wallet.address, value: '1' };
    const deny: RawRequest = { method: 'POST', path: '/transactions', body };
    for (let time = 0; time < 3; time += 1) {
      const answer = await sendRaw(haven.info, { ...deny, headers: { 'Idempotency-Key': randomUUID() } });
      expect(answer).toMatchObject({ status: 403, body: { error: 'POLICY_VIOLATION' } });
    }
    expect(await alertOf('policy_denials', wallet.id, 'policy_violation')).toMatchObject({
      severity: 'WARNING',
      category: 'policy_violation',
      details: { wallet_id: wallet.id, at_least: 3 },
    });
  });

  it('carts that are not as Haven wrote them, several of them: told as a burst', async () => {
    const carts = await Promise.all(Array.from({ length: 3 }, () => haven.client.createCart()));
    for (const { id, token } of carts) {
      await parts.client.send(
        new UpdateCommand({
          TableName: parts.tables.shop,
          Key: cartKey(id),
          UpdateExpression: 'SET #name = :other',
          ExpressionAttributeNames: { '#name': 'currency' },
          ExpressionAttributeValues: { ':other': 'EUR' },
        }),
      );
      const look = haven.client.getCart({ params: { id }, token: token ?? '' });
      await expect(look).rejects.toMatchObject({ status: 409, code: 'CART_TAMPERED' });
    }
    expect(await alertOf('cart_tampering_burst', 'shop')).toMatchObject({ severity: 'CRITICAL' });
    // Nothing is left for whoever looks over the shop.
    for (const { id } of carts) {
      await parts.client.send(new DeleteCommand({ TableName: parts.tables.shop, Key: cartKey(id) }));
    }
  });

  it('somebody who goes on far beyond a quota: told as rate abuse', async () => {
    const { headers, subject } = ownAddress();
    // The smallest quota: ten requests a minute and address, refused before anything is looked at.
    const request = { method: 'POST', path: '/webhooks/payments/nobody', apiKey: null, headers, body: {} };
    const alert = await eventually(
      'the alert of rate abuse',
      async () => {
        await Promise.all(Array.from({ length: 20 }, () => sendRaw(haven.info, request)));
        const { data } = await haven.client.listAlerts({ query: { category: 'security', created_from: anHourAgo() } });
        return data.find(({ details }) => details['source_address'] === subject);
      },
      WAIT_MS,
      POLL_MS,
    );
    expect(alert).toMatchObject({ severity: 'WARNING', details: { pattern: 'rate_abuse', at_least: 100 } });
  });
});

it('a message of a queue that its consumer fails on is kept as an error, with what names it', async () => {
  const client = new LambdaClient(awsOptions(haven.info));
  const own = new Set<string>();
  const fail = async () => {
    const messageId = randomUUID();
    own.add(messageId);
    const Payload = JSON.stringify({ Records: [{ messageId, receiptHandle: 'none', body: 'nonsense' }] });
    await client.send(new InvokeCommand({ FunctionName: 'haven-local-outbox-worker', Payload }));
  };
  const query = { kind: 'error', code: 'UNREADABLE_OUTBOX_WAKE', since: startedAt, limit: 1 } as const;
  const kept = await eventually(
    'the error',
    async () => {
      await fail();
      const [row] = (await haven.client.listErrors({ query })).data;
      const shown = row && (await haven.client.getError({ params: { id: row.id } }));
      return shown !== undefined && own.has(String(shown.last.context['message_id'])) ? shown : undefined;
    },
    WAIT_MS,
    POLL_MS,
  );
  expect(kept).toMatchObject({ kind: 'error', function: 'outbox-worker', principal: null });
});
