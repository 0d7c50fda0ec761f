import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { webhookHeaders, webhookSecretSchema } from '#shared/platform/http/standard-webhooks.ts';

describe('the signature of a webhook', () => {
  it('is the one of the specification, of which its own libraries have this example', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1614265330, body: '{"test": 2432232314}' };
    expect(webhookHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is over the bytes of the body, and there is one of each secret while one replaces the other', () => {
    const [one, two] = [randomBytes(24), randomBytes(64)];
    const body = JSON.stringify({ text: 'ü € 🦭' });
    const headers = webhookHeaders(
      { id: 'alr_1', timestampSeconds: 7, body },
      [one, two].map((key) => `whsec_${key.toString('base64')}`),
    );
    const wanted = [one, two].map((key) =>
      createHmac('sha256', key)
        .update(Buffer.concat([Buffer.from('alr_1.7.'), Buffer.from(body)]))
        .digest('base64'),
    );
    expect(headers['webhook-signature']).toBe(wanted.map((signature) => `v1,${signature}`).join(' '));
  });
});

describe('a secret', () => {
  it.each([24, 32, 64])('of %i bytes is taken', (bytes) => {
    const secret = `whsec_${randomBytes(bytes).toString('base64')}`;
    expect(webhookSecretSchema.parse(secret)).toBe(secret);
  });

  it.each([
    ['too short', `whsec_${randomBytes(23).toString('base64')}`],
    ['too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['without its prefix', randomBytes(32).toString('base64')],
    ['not base64', 'whsec_not base64 at all, but long enough for it'],
    ['no text', 1234567890],
  ])('that is %s is refused, and not quoted', (_what, secret) => {
    const { error } = webhookSecretSchema.safeParse(secret);
    expect(error?.issues).toHaveLength(1);
    expect(JSON.stringify(error?.issues)).not.toContain(String(secret).slice(6));
  });
});
