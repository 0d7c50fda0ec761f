import { describe, expect, it } from 'vitest';
import { Sts, signedHeaders } from '#shared/platform/aws/sts.ts';
import { serveHttp } from '#test/support/fakes/http-answers.ts';

/** The credentials of AWS's own test suite for Signature Version 4. */
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

describe('a signed request', () => {
  it("has the signature of AWS's test suite (post-x-www-form-urlencoded)", () => {
    const headers = signedHeaders(
      {
        url: new URL('https://example.amazonaws.com/'),
        contentType: 'application/x-www-form-urlencoded',
        body: 'Param1=value1',
      },
      CREDENTIALS,
      { region: 'us-east-1', service: 'service', at: '2015-08-30T12:36:00.000Z' },
    );
    expect(headers).toEqual({
      'content-type': 'application/x-www-form-urlencoded',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    });
  });

  it('carries and signs the token of temporary credentials', () => {
    const headers = signedHeaders(
      { url: new URL('https://a.example/'), contentType: 'text/plain', body: '' },
      { ...CREDENTIALS, sessionToken: 'token' },
      { region: 'us-east-1', service: 'sts', at: '2015-08-30T12:36:00.000Z' },
    );
    expect(headers['x-amz-security-token']).toBe('token');
    expect(headers['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,');
  });
});

describe('STS', () => {
  it('says who is calling', async () => {
    const body =
      '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn><Account>000000000001</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';
    await serveHttp({ status: 200, body }, async (url) => {
      expect(await new Sts(CREDENTIALS, 'us-east-1', url).callerIdentity()).toEqual({
        account: '000000000001',
        arn: 'arn:aws:iam::1:user/a',
      });
    });
  });

  it.each([
    [403, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>', 'AccessDenied, no'],
    [503, 'busy', 'HTTP 503'],
    [200, '<Account></Account>', 'an answer without'],
  ])('that answers %i says why, without any credential', async (status, body, reason) => {
    await serveHttp({ status, body }, async (url) => {
      const error = await new Sts(CREDENTIALS, 'us-east-1', url)
        .assumeRole('arn:aws:iam::1:role/r', 'me')
        .catch(String);
      expect(error).toContain(`sts:AssumeRole was refused: ${reason}`);
      expect(error).not.toContain(CREDENTIALS.secretAccessKey);
    });
  });

  it('that is not there says so', async () => {
    await expect(new Sts(CREDENTIALS, 'us-east-1', 'http://127.0.0.1:1').callerIdentity()).rejects.toThrow(
      '127.0.0.1:1 gives no answer',
    );
  });
});
