import { describe, expect, it } from 'vitest';
import { sealedSecretsInUse } from '#shared/alerts/channels/channel-target.ts';
import { openField, storedChannelSchema } from '#shared/alerts/channels/stored-channel.ts';
import { createAlertsApi as api } from '#test/support/fakes/alerts-api.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

const NOTIFY_KEY = 'a notify key of at least 32 characters';
const SECRET_URL = 'https://hooks.chat.example/services/T0/B0/canary-url-secret';

describe('an alert channel', () => {
  it('to a chat keeps its URL sealed, and shows its host only: in answers, in the row and on the audit stream', async () => {
    const test = api();
    const made = await test.call('POST', '/admin/alert-channels', { name: 'Ops', type: 'slack', url: SECRET_URL });
    expect([made.status, made.body['host'], made.body['signing_secret']]).toEqual([201, 'hooks.chat.example', null]);
    await test.call('PATCH', `/admin/alert-channels/${made.body['id']}`, { min_severity: 'ERROR' });
    const listed = JSON.stringify(await test.get('/admin/alert-channels'));
    for (const told of [
      JSON.stringify(made.body),
      listed,
      ...['notify', 'audit', 'ephemeral'].map((name) => JSON.stringify(test.rows(name))),
    ])
      expect(told).not.toContain('canary');
    const stored = storedChannelSchema.parse(test.rows('notify')[0]);
    expect(stored).toMatchObject({ min_severity: 'ERROR', version: 2, audit_seq: 2 });
    const { target } = stored;
    expect(target.type === 'slack' && openField(NOTIFY_KEY, stored.id, 'url', target.sealed_url)).toBe(SECRET_URL);
    expect(test.rows('audit').map(({ action }) => action)).toEqual(['alert_channel.created', 'alert_channel.changed']);
  });

  it('that is a webhook has its signing secret shown once, and not in a replayed answer', async () => {
    const test = api();
    const wanted = { name: 'Pager', type: 'webhook', url: 'https://hooks.example/haven' };
    const made = await test.call('POST', '/admin/alert-channels', wanted, { 'Idempotency-Key': 'same' });
    expect(made.body['signing_secret']).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const replayed = await test.call('POST', '/admin/alert-channels', wanted, { 'Idempotency-Key': 'same' });
    expect(replayed.body).toEqual({ ...made.body, signing_secret: null });
    expect(JSON.stringify([test.rows('notify'), test.rows('ephemeral'), test.rows('audit')])).not.toContain('whsec_');
  });

  it('that is a webhook gets a new secret, beside which the old one is in use for a day, and older ones no more', async () => {
    const test = api();
    const wanted = { name: 'Pager', type: 'webhook', url: 'https://hooks.example/haven' };
    const made = await test.call('POST', '/admin/alert-channels', wanted);
    const path = `/admin/alert-channels/${made.body['id']}/rotate-secret`;
    const stored = () => storedChannelSchema.parse(test.rows('notify')[0]);
    const inUse = (nowMs: number) => {
      const { id, target } = stored();
      if (target.type !== 'webhook') throw new Error('It is no webhook');
      return sealedSecretsInUse(target, nowMs).map((sealed) => openField(NOTIFY_KEY, id, 'signing_secret', sealed));
    };
    const first = await test.call('POST', path, undefined, { 'Idempotency-Key': 'first' });
    expect([first.status, first.body['version']]).toEqual([200, 2]);
    const until = Date.parse(String(first.body['replaced_secret_until']));
    const secrets = [first.body['signing_secret'], made.body['signing_secret']];
    expect(new Set(secrets).size).toBe(2);
    expect([inUse(until - 1), inUse(until)]).toEqual([secrets, secrets.slice(0, 1)]);
    // Asked again it rotates no more, and tells no secret.
    const replayed = await test.call('POST', path, undefined, { 'Idempotency-Key': 'first' });
    expect(replayed.body).toEqual({ ...first.body, signing_secret: null });
    const second = await test.call('POST', path);
    expect(inUse(until - 1)).toEqual([second.body['signing_secret'], first.body['signing_secret']]);
    expect(JSON.stringify([test.rows('notify'), test.rows('ephemeral'), test.rows('audit')])).not.toContain('whsec_');
    expect(test.rows('audit').map(({ action }) => action)).toEqual([
      'alert_channel.created',
      'alert_channel.secret_rotated',
      'alert_channel.secret_rotated',
    ]);
  });

  it('that signs nothing has no secret to replace', async () => {
    const test = api();
    const made = await test.call('POST', '/admin/alert-channels', { name: 'Ops', type: 'slack', url: SECRET_URL });
    const { response } = await test.call('POST', `/admin/alert-channels/${made.body['id']}/rotate-secret`);
    expect([response.statusCode, problemOf(response).error]).toEqual([409, 'INVALID_TRANSITION']);
  });

  it.each([
    ['mail to a domain that the stage does not allow', { type: 'email', addresses: ['x@evil.example'] }],
    ['mail to a domain that only looks like it', { type: 'email', addresses: ['x@evilhaven.example'] }],
    ['mail to no address', { type: 'email' }],
    ['mail to a URL', { type: 'email', addresses: ['x@haven.example'], url: SECRET_URL }],
    ['a chat without a URL', { type: 'slack' }],
    ['a chat with addresses', { type: 'discord', url: SECRET_URL, addresses: ['x@haven.example'] }],
    ['a URL without TLS', { type: 'webhook', url: 'http://hooks.example/haven' }],
    ['a URL with credentials', { type: 'webhook', url: 'https://user:canary@hooks.example/' }],
    ['a URL of a private address', { type: 'webhook', url: 'https://10.0.0.7/canary' }],
    ['a URL of the metadata of AWS', { type: 'slack', url: 'https://169.254.169.254/canary' }],
    ['a URL of a port that speaks something else', { type: 'discord', url: 'https://hooks.example:25/canary' }],
    ['another kind', { type: 'pigeon' }],
    [
      'quiet hours without an end',
      { type: 'slack', url: SECRET_URL, quiet_hours: { time_zone: 'UTC', from: '01:00', to: '01:00' } },
    ],
  ])('with %s is refused, and its answer does not repeat what was given', async (_what, wanted) => {
    const { response } = await api().call('POST', '/admin/alert-channels', { name: 'Ops', ...wanted });
    expect([response.statusCode, problemOf(response).error]).toEqual([400, 'INVALID_PARAMETER']);
    expect(response.body).not.toContain('canary');
  });

  it('mails to domains of the stage, whatever their case, and to its own addresses', async () => {
    const made = await api().call('POST', '/admin/alert-channels', {
      name: 'Night watch',
      type: 'email',
      addresses: ['Night@HAVEN.example', 'on-call@ops.example'],
    });
    expect(made.body['addresses']).toEqual(['Night@haven.example', 'on-call@ops.example']);
  });

  it('is changed at the version that If-Match names only, and gone once it is deleted', async () => {
    const test = api();
    const { body } = await test.call('POST', '/admin/alert-channels', {
      name: 'Ops',
      type: 'discord',
      url: SECRET_URL,
    });
    const path = `/admin/alert-channels/${body['id']}`;
    expect((await test.call('PATCH', path, { enabled: false }, { 'If-Match': '"v7"' })).body).toMatchObject({
      error: 'VERSION_MISMATCH',
    });
    expect((await test.call('PATCH', path, { addresses: ['x@haven.example'] })).body).toMatchObject({
      error: 'INVALID_PARAMETER',
    });
    const { response } = await test.call(
      'PATCH',
      path,
      { enabled: false, url: 'https://other.example/x' },
      { 'If-Match': '"v1"' },
    );
    expect(JSON.parse(response.body)).toMatchObject({ enabled: false, host: 'other.example', version: 2 });
    expect((await test.call('POST', `${path}/test`)).body).toMatchObject({ error: 'INVALID_TRANSITION' });
    await test.call('DELETE', path);
    expect((await test.call('GET', path)).body).toMatchObject({ error: 'ALERT_CHANNEL_NOT_FOUND' });
    expect((await test.call('DELETE', path)).body).toMatchObject({ error: 'ALERT_CHANNEL_NOT_FOUND' });
    expect(await test.ids('/admin/alert-channels')).toEqual([]);
    expect(JSON.stringify(test.rows('notify'))).not.toContain('sealed');
  });

  it('that is tested gets an alert that is for it alone', async () => {
    const test = api();
    const { body } = await test.call('POST', '/admin/alert-channels', { name: 'Ops', type: 'slack', url: SECRET_URL });
    const tested = await test.call('POST', `/admin/alert-channels/${body['id']}/test`);
    expect(tested.status).toBe(202);
    expect(test.rows('logs')).toMatchObject([{ category: 'system_test', audience: { only: [`slack:${body['id']}`] } }]);
  });

  it('is refused when there are as many as there may be', async () => {
    const test = api();
    const wanted = { name: 'Ops', type: 'slack', url: SECRET_URL };
    await test.call('POST', '/admin/alert-channels', wanted);
    const [row] = test.rows('notify');
    for (let count = 1; count < 25; count += 1) {
      const channelId = `chn_${String(count).padStart(26, '0')}`;
      test.desk.dynamo.put('notify', { ...row, sk: channelId, id: channelId });
    }
    expect((await test.call('POST', '/admin/alert-channels', wanted)).body).toMatchObject({
      error: 'INVALID_TRANSITION',
    });
  });
});
