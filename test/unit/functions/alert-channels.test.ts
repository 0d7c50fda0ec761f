import { describe, expect, it, onTestFinished } from 'vitest';
import { stageChannels } from '#functions/alert-notifier/stage-channels.ts';
import { CUSTOMER_MAIL_BREAKER, type Mail, MailFailure } from '#shared/platform/aws/ses-mailer.ts';
import { throughBreaker } from '#shared/platform/breaker/breaker.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createOutboundPost } from '#shared/platform/http/outbound-post.ts';
import { createAlertBench, testAlert } from '#test/support/fakes/alert-bench.ts';
import {
  type ReceiverAnswer,
  startWebhookReceiver,
  verifiedWebhook,
  type WebhookReceiver,
} from '#test/support/webhook-receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const EMAIL = { from: 'alerts@haven.example', to: ['one@haven.example', 'two@haven.example'] };
const TIMEOUT_MS = 400;

/** The channels of a stage by a secret, real HTTP, and mails that are kept. */
function stage(
  secret: () => Promise<Readonly<Record<string, unknown>>>,
  exemptHosts: readonly string[] = ['127.0.0.1'],
) {
  const bench = createAlertBench();
  const mails: Mail[] = [];
  let mailing: () => Promise<void> = async () => undefined;
  const channels = () =>
    stageChannels({
      email: EMAIL,
      readWebhooks: secret,
      readStored: async () => ({ channels: [], unreadable: [] }),
      readNotifyKey: async () => 'a notify key of at least 32 characters',
      mailer: {
        async send(mail) {
          await mailing();
          mails.push(mail);
        },
      },
      post: createOutboundPost({ exemptHosts, timeoutMs: TIMEOUT_MS }),
      breakers: bench.breakers,
      clock: bench.clock.now,
      log: bench.log.log,
      metrics: bench.metrics.metrics,
    });
  return {
    ...bench,
    mails,
    channels,
    failMails(failure: Error) {
      mailing = () => Promise.reject(failure);
    },
    /** Works everything that is due, by the channels as the secret says them now. */
    async work() {
      bench.configure((await channels()).channels);
      await bench.run();
    },
  };
}

async function receiver(answer?: (call: number) => ReceiverAnswer): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver(answer);
  onTestFinished(() => started.close());
  return started;
}

const hook = (url: string) => async () => ({ hook: { url, signing_secret: SECRET } });

describe('a webhook', () => {
  it('that fails three times, then works, hears of the alert under one id, signed anew each time', async () => {
    const { url, calls } = await receiver((call) => ({ status: call <= 3 ? 500 : 200 }));
    const bench = stage(hook(url));
    const { id: alertId } = bench.record();
    for (let run = 0; run < 6; run += 1) {
      await bench.work();
      bench.clock.advance(60_000);
    }
    expect(calls).toHaveLength(4);
    const verified = calls.map((call) => verifiedWebhook(call, SECRET));
    expect(new Set(verified.map(({ id }) => id))).toEqual(new Set([alertId]));
    expect(verified.map(({ timestampSeconds }) => timestampSeconds - (verified[0]?.timestampSeconds ?? 0))).toEqual([
      0, 60, 120, 180,
    ]);
    expect(new Set(calls.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
    expect(bench.delivery(alertId, 'webhook:hook')).toMatchObject({ status: 'delivered', attempts: 4 });
    expect(bench.mails).toHaveLength(1);
  });

  it.each<[string, ReceiverAnswer, string, string, string]>([
    ['hangs', { hang: true }, 'waiting', 'timed_out', 'counted'],
    ['ends in the middle of its answer', { closeMidBody: true }, 'waiting', 'cut_off', 'counted'],
    ['is overloaded', { status: 429 }, 'waiting', 'http_429', 'counted'],
    ['is broken', { status: 502 }, 'waiting', 'http_502', 'counted'],
    ['dislikes what it is sent', { status: 400 }, 'waiting', 'http_400', 'not counted'],
    ['knows no such path', { status: 404 }, 'waiting', 'http_404', 'not counted'],
    ['wants no more', { status: 410 }, 'given_up', 'gone', 'not counted'],
    ['sends to a private address', { redirectTo: 'http://127.0.0.1:1/' }, 'waiting', 'redirected', 'not counted'],
  ])('that %s is recorded as what it is, and the mail goes out', async (_what, answer, status, error, counted) => {
    const { url, calls } = await receiver(() => answer);
    const bench = stage(hook(url));
    const { id: alertId } = bench.record();
    await bench.work();
    expect(calls).toHaveLength(1);
    expect(bench.delivery(alertId, 'webhook:hook')).toMatchObject({ status, last_error: error, attempts: 1 });
    expect(bench.delivery(alertId, 'email')).toMatchObject({ status: 'delivered' });
    for (let number = 0; number < 4; number += 1) {
      bench.record({ id: `alr_${number}`, dedupe_key: `thing-${number}` });
      await bench.work();
    }
    const { standing } = await bench.breakers.of('webhook:hook').standing();
    expect(standing).toBe(counted === 'counted' ? 'refuse' : 'pass');
    // But for those that tell of a channel that is gone.
    expect(bench.mails.filter(({ subject }) => !subject.includes('could not be told'))).toHaveLength(5);
  });

  it('that answers with 10 MB has heard of the alert', async () => {
    const { url } = await receiver(() => ({ megabytes: 10 }));
    const bench = stage(hook(url));
    const { id: alertId } = bench.record();
    await bench.work();
    expect(bench.delivery(alertId, 'webhook:hook')).toMatchObject({ status: 'delivered' });
  });

  it('at an address that is not public is refused at once, unless the stage exempts its host; nobody was called', async () => {
    const { url, calls } = await receiver();
    const bench = stage(hook(url), []);
    const { id: alertId } = bench.record();
    await bench.work();
    expect(calls).toEqual([]);
    expect(bench.delivery(alertId, 'webhook:hook')).toMatchObject({
      status: 'given_up',
      last_error: 'address_refused',
    });
    expect((await bench.breakers.of('webhook:hook').standing()).standing).toBe('pass');
  });

  it('that hangs delays no mail: that is out before its time is over', async () => {
    const { url } = await receiver(() => ({ hang: true }));
    const bench = stage(hook(url));
    bench.record();
    const [mailedFirst] = await Promise.all([
      Promise.race([
        bench.work().then(() => false),
        (async () => {
          while (bench.mails.length === 0) await new Promise((resolve) => setImmediate(resolve));
          return true;
        })(),
      ]),
    ]);
    expect(mailedFirst).toBe(true);
  });
});

describe('the mail of an alert', () => {
  it('goes to all addresses of the stage at once, in the name of the stage', async () => {
    const bench = stage(async () => ({}));
    bench.record();
    await bench.work();
    expect(bench.mails).toMatchObject([{ ...EMAIL, subject: expect.stringContaining('[CRITICAL] ') }]);
  });

  it.each([
    ['no answer', new MailFailure(undefined, 'timed_out'), 'timed_out', 'counted'],
    ['no connection', new MailFailure(undefined, 'unreachable'), 'unreachable', 'counted'],
    ['an outage', new MailFailure(503, 'ServiceUnavailable'), 'ses_ServiceUnavailable', 'counted'],
    ['a throttle', new MailFailure(400, 'TooManyRequestsException'), 'ses_TooManyRequestsException', 'counted'],
    ['an address that it does not take', new MailFailure(400, 'MessageRejected'), 'ses_MessageRejected', 'not counted'],
    ['no right to mail', new MailFailure(403, 'AccessDeniedException'), 'ses_AccessDeniedException', 'not counted'],
  ])(
    'for which SES has %s is tried again, and its circuit knows the difference',
    async (_what, failure, error, counted) => {
      const bench = stage(async () => ({}));
      bench.failMails(failure);
      for (let number = 0; number < 5; number += 1) {
        bench.record({ id: `alr_${number}`, dedupe_key: `thing-${number}` });
        await bench.work();
      }
      expect(bench.delivery('alr_0', 'email')).toMatchObject({ status: 'waiting', last_error: error });
      const { standing } = await bench.breakers.of('ses:email').standing();
      expect(standing).toBe(counted === 'counted' ? 'refuse' : 'pass');
    },
  );
});

describe('mails to customers', () => {
  it('that SES throttles hold back no mail of an alert', async () => {
    const bench = stage(async () => ({}));
    const customers = bench.breakers.of(CUSTOMER_MAIL_BREAKER);
    const throttled = async () => {
      throw new MailFailure(400, 'TooManyRequestsException');
    };
    for (let call = 0; call < 5; call += 1)
      await throughBreaker(customers, throttled, () => true).catch(() => undefined);
    expect((await customers.standing()).standing).toBe('refuse');
    const { id } = bench.record();
    await bench.work();
    expect(bench.delivery(id, 'email')).toMatchObject({ status: 'delivered', attempts: 1 });
  });
});

describe('a secret that is not as it should be', () => {
  it.each([
    ['can not be read', () => Promise.reject(new HavenError('CONFIGURATION', 'The secret could not be read'))],
    ['has a bad entry', async () => ({ bad: { url: 'canary' } })],
  ])('because it %s stops no mail, is said and counted, and is waited for', async (_what, secret) => {
    const bench = stage(secret);
    const { channels, complete } = await bench.channels();
    expect([channels.map(({ name }) => name), complete]).toEqual([['email'], false]);
    expect(bench.metrics.counts()['AlertChannelsUnusable']).toBeGreaterThan(0);
    expect(bench.log.of('ALERT_CHANNELS_UNUSABLE').length).toBeGreaterThan(0);
    expect(bench.log.everything()).not.toContain('canary');
  });

  it('in one entry stops no other', async () => {
    const { url } = await receiver();
    const bench = stage(async () => ({ good: { url, signing_secret: SECRET }, bad: {} }));
    expect((await bench.channels()).channels.map(({ name }) => name)).toEqual(['email', 'webhook:good']);
    expect(bench.log.of('ALERT_CHANNELS_UNUSABLE')).toMatchObject([
      { problem: 'bad.url: must be an http(s) URL' },
      { problem: expect.stringContaining('bad.signing_secret: must be') },
    ]);
  });
});

it('nothing of a webhook is in the log but its name', async () => {
  const { url } = await receiver(() => ({ status: 500, body: 'canary of the answer' }));
  const bench = stage(hook(`${url}?token=canary`));
  bench.record(testAlert({ details: { note: 'canary of a fact' } }));
  await bench.work();
  expect(bench.log.of('ALERT_NOT_DELIVERED')).toHaveLength(1);
  expect(bench.log.everything()).not.toMatch(/canary|127\.0\.0\.1|whsec_/);
});
