import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import {
  createOutboundPost,
  OutboundFailure,
  type OutboundOptions,
  type ResolvedAddress,
} from '#shared/platform/http/outbound-post.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { type ReceiverAnswer, startWebhookReceiver } from '#test/support/webhook-receiver.ts';

const MESSAGE = { body: '{"a":"ü"}', headers: { 'webhook-id': 'msg_1' } };
const LOOPBACK: ResolvedAddress = { address: '127.0.0.1', family: 4 };

function posting(options: Partial<OutboundOptions> = {}, deadlineMs = 20_000) {
  const post = createOutboundPost({ exemptHosts: ['127.0.0.1'], ...options });
  return (url: string) => post({ ...MESSAGE, url }, Deadline.in(deadlineMs, systemClock));
}

const failing = (url: string, options?: Partial<OutboundOptions>, deadlineMs?: number) =>
  caughtLater(OutboundFailure, () => posting(options, deadlineMs)(url));

async function receiver(answer?: (call: number) => ReceiverAnswer) {
  const started = await startWebhookReceiver(answer);
  onTestFinished(() => started.close());
  return started;
}

describe('a call', () => {
  it('posts the body as it is, with its length and headers, and brings the status and the beginning of the answer', async () => {
    const { url, calls } = await receiver(() => ({ status: 202, body: 'taken' }));
    expect(await posting()(url)).toEqual({ status: 202, excerpt: 'taken' });
    expect(calls).toMatchObject([
      {
        body: MESSAGE.body,
        headers: {
          'webhook-id': 'msg_1',
          'content-type': 'application/json',
          'content-length': '10',
          connection: 'close',
        },
      },
    ]);
  });

  it.each([404, 410, 429, 500, 503])('brings a %i as an answer', async (status) => {
    const { url } = await receiver(() => ({ status }));
    expect((await posting()(url)).status).toBe(status);
  });

  it('reads a few kilobytes of an answer of 10 MB, and lets go of the rest', async () => {
    const { url } = await receiver(() => ({ megabytes: 10 }));
    const { status, excerpt } = await posting()(url);
    expect([status, excerpt.length]).toEqual([200, 4_096]);
  });

  it('reads as much of an answer as its caller wants', async () => {
    const { url } = await receiver(() => ({ megabytes: 10 }));
    const { status, excerpt } = await posting({ maxAnswerBytes: 65_536 })(url);
    expect([status, excerpt.length]).toEqual([200, 65_536]);
  });

  it('brings for how long the receiver wants to be left alone', async () => {
    const { url } = await receiver(() => ({ status: 429, retryAfter: '17' }));
    expect(await posting()(url)).toMatchObject({ status: 429, retryAfter: '17' });
  });

  it('follows no redirect: it is the answer, and where it leads nobody is asked', async () => {
    const hidden = await receiver();
    const { url } = await receiver(() => ({ redirectTo: hidden.url }));
    expect((await posting()(url)).status).toBe(301);
    expect(hidden.calls).toEqual([]);
  });

  it('to a receiver that switches protocols ends, with that as the answer', async () => {
    const { url } = await receiver(() => ({ switchProtocols: true }));
    expect(await posting()(url)).toEqual({ status: 101, excerpt: '' });
  });

  it.each([
    ['hangs', 'timed_out', { hang: true }],
    ['ends in the middle of its answer', 'cut_off', { closeMidBody: true }],
  ] as const)('to a receiver that %s has failed as %s', async (_what, kind, answer) => {
    const { url, calls } = await receiver(() => answer);
    expect(await failing(url, { timeoutMs: 2_000 })).toMatchObject({ kind });
    expect(calls).toHaveLength(1);
  });

  it('ends with the deadline of its caller, where that is sooner', async () => {
    const { url } = await receiver(() => ({ hang: true }));
    expect(await failing(url, {}, 100)).toMatchObject({ kind: 'timed_out' });
  });

  it('to a port on which nobody listens was not taken', async () => {
    const gone = await receiver();
    await gone.close();
    expect(await failing(gone.url)).toMatchObject({ kind: 'unreachable' });
  });

  it('to what takes connections and says nothing of TLS was not taken, in time', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expect(await failing(`https://127.0.0.1:${port}/`, { timeoutMs: 200 })).toMatchObject({ kind: 'timed_out' });
  });

  it('has no name of a receiver in its failure', async () => {
    const { message } = await failing('https://secret-host.example/path?token=1', { resolve: async () => [LOOPBACK] });
    expect(message).not.toMatch(/secret|token/);
  });
});

describe('what others name as a receiver', () => {
  it.each([
    ['http to the internet', 'http://receiver.example/'],
    ['another protocol', 'ftp://receiver.example/'],
    ['a file', 'file:///etc/passwd'],
    ['no URL', 'receiver'],
    ['credentials', 'https://user:password@receiver.example/'],
    ['loopback', 'https://127.0.0.2/'],
    ['loopback in IPv6', 'https://[::1]/'],
    ['mapped loopback', 'https://[::ffff:127.0.0.2]/'],
    ['mapped loopback in hex', 'https://[::ffff:7f00:2]/'],
    ['translated loopback', 'https://[64:ff9b::7f00:2]/'],
    ['this host', 'https://0/'],
    ['an address that is only written in percents', 'https://%31%32%37.0.0.2/'],
    ['a decimal address', 'https://2130706434/'],
    ['an octal address', 'https://0177.0.0.2/'],
    ['a hex address', 'https://0x7f000002/'],
    ['a short address', 'https://127.2/'],
    ['a full-width address', 'https://１２７.0.0.2/'],
    ['cloud metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['cloud metadata in IPv6', 'https://[fd00:ec2::254]/latest/meta-data/'],
    ['a private address', 'https://10.0.0.8/'],
    ['a zone', 'https://[fe80::1%25eth0]/'],
  ])('is refused when it is %s: nobody is asked, not even for a name', async (_what, url) => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [LOOPBACK];
    };
    expect(await failing(url, { resolve })).toMatchObject({ kind: 'refused' });
    expect(asked).toBe(0);
  });

  it.each([
    ['a private address', [{ address: '10.1.2.3', family: 4 }]],
    [
      'a public and a private one',
      [
        { address: '8.8.8.8', family: 4 },
        { address: '192.168.0.1', family: 4 },
      ],
    ],
    [
      'a public and a link-local one in IPv6',
      [
        { address: '8.8.8.8', family: 4 },
        { address: 'fe80::1', family: 6 },
      ],
    ],
  ])('is refused when its name has %s', async (_what, addresses) => {
    expect(await failing('https://receiver.example/', { resolve: async () => addresses })).toMatchObject({
      kind: 'refused',
    });
  });

  it.each([
    ['is not known', () => Promise.reject(new Error('ENOTFOUND'))],
    ['has no address', () => Promise.resolve([])],
  ])('was not reached when its name %s', async (_what, resolve) => {
    expect(await failing('https://receiver.example/', { resolve })).toMatchObject({ kind: 'unreachable' });
  });

  it('was not reached in time when its name is looked up for too long', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    expect(await failing('https://receiver.example/', { resolve, timeoutMs: 50 })).toMatchObject({ kind: 'timed_out' });
  });

  it('is asked for its name once, and called at the address that was checked, whatever the name says by then', async () => {
    const { port, calls } = await receiver();
    const answers = [[LOOPBACK], [{ address: '169.254.169.254', family: 4 }]];
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return answers[asked - 1] ?? [];
    };
    const post = posting({ exemptHosts: ['receiver.test'], resolve });
    expect(await post(`http://receiver.test:${port}/hook`)).toMatchObject({ status: 204 });
    expect(asked).toBe(1);
    expect(calls[0]?.headers.host).toBe(`receiver.test:${port}`);
  });

  it('may be at any address, without TLS, when the stage exempts its host, and another host is none the better for it', async () => {
    const { url, port } = await receiver();
    expect((await posting({ exemptHosts: ['127.0.0.1'] })(url)).status).toBe(204);
    expect(await failing(`http://localhost:${port}/hook`, { exemptHosts: ['127.0.0.1'] })).toMatchObject({
      kind: 'refused',
    });
    expect(await failing(url, { exemptHosts: [] })).toMatchObject({ kind: 'refused' });
    expect(await failing(url, { exemptHosts: ['0.0.1', '7.0.0.1'] })).toMatchObject({ kind: 'refused' });
  });
});
