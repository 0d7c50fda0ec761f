import { createServer } from 'node:http';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSesMailer, MailFailure } from '#shared/platform/aws/ses-mailer.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

const MAIL = {
  from: 'alerts@haven.example',
  to: ['one@haven.example', 'two@haven.example'],
  subject: '[INFO] ü',
  text: 'text',
  html: '<p>html</p>',
};
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' };

interface SesAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An endpoint that answers as it is told; undefined: not at all. */
async function ses(answer: SesAnswer | undefined) {
  const requests: { readonly path: string; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: string[] = [];
    for await (const chunk of request) chunks.push(String(chunk));
    requests.push({ path: `${request.method} ${request.url}`, body: chunks.join('') });
    if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return { url, requests, mailer: mailerAt(url) };
}

function mailerAt(endpoint: string) {
  return createSesMailer(new SESv2Client({ endpoint, region: 'eu-central-1', credentials: KEYS, maxAttempts: 1 }));
}

const soon = (ms = 5_000) => Deadline.in(ms, systemClock);

describe('a mail', () => {
  it('is one SendEmail of SESv2, in text and HTML', async () => {
    const { mailer, requests } = await ses({ status: 200, body: '{"MessageId":"m"}' });
    await mailer.send(MAIL, soon());
    expect(requests).toHaveLength(1);
    expect(requests[0]?.path).toBe('POST /v2/email/outbound-emails');
    const data = (Data: string) => ({ Data, Charset: 'UTF-8' });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      FromEmailAddress: MAIL.from,
      Destination: { ToAddresses: MAIL.to },
      Content: { Simple: { Subject: data(MAIL.subject), Body: { Text: data(MAIL.text), Html: data(MAIL.html) } } },
    });
  });
});

describe('a mail that SES does not take', () => {
  it.each<[string, SesAnswer, number, string]>([
    [
      'by its header',
      { status: 400, headers: { 'x-amzn-errortype': 'MessageRejected:http://x/' } },
      400,
      'MessageRejected',
    ],
    ['by its body', { status: 400, body: '{"__type":"com.aws#BadRequestException"}' }, 400, 'BadRequestException'],
    ['by a code', { status: 429, body: '{"code":"TooManyRequestsException"}' }, 429, 'TooManyRequestsException'],
    ['without a name', { status: 503, body: 'sorry' }, 503, 'http_503'],
    ['with a strange name', { status: 500, headers: { 'x-amzn-errortype': '??? !!!' } }, 500, 'http_500'],
  ])('is told %s', async (_what, answer, status, code) => {
    const { mailer } = await ses(answer);
    expect(await caughtLater(MailFailure, () => mailer.send(MAIL, soon()))).toMatchObject({ status, code });
  });

  it('because it does not answer, or nobody is there, is one of which it is not known', async () => {
    const { mailer } = await ses(undefined);
    expect(await caughtLater(MailFailure, () => mailer.send(MAIL, soon(100)))).toMatchObject({
      status: undefined,
      code: 'timed_out',
    });
    const nobody = mailerAt('http://127.0.0.1:1');
    expect(await caughtLater(MailFailure, () => nobody.send(MAIL, soon()))).toMatchObject({ code: 'unreachable' });
  });
});
