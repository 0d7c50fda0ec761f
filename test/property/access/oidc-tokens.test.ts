import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { base64url, createLocalJWKSet, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCredentials } from '#shared/access/credentials.ts';
import { createTokenVerifier, type VerifyToken } from '#shared/access/oidc/verify-token.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { goodClaims, oidcSettings, TEST_NOW_SECONDS } from '#test/support/fakes/oidc.ts';
import { type SigningKey, signingKey, signToken } from '#test/support/oidc-issuer.ts';

const HERE = '203.0.113.7';
let key: SigningKey;
let rsa: SigningKey;
let stranger: SigningKey;
let verify: VerifyToken;
beforeAll(async () => {
  [key, rsa, stranger] = await Promise.all([signingKey('k1'), signingKey('k2', 'RS256'), signingKey('k1')]);
  const keys = createLocalJWKSet({ keys: [key.jwk, rsa.jwk].map((jwk) => ({ kty: '', ...jwk })) });
  verify = createTokenVerifier(oidcSettings(), keys, createFakeClock().now);
});

const encoded = (value: unknown) => base64url.encode(JSON.stringify(value));
const sign = (claims: object = {}, header: object = {}, by = key) => signToken(by, goodClaims(claims), header);
const reasonOf = async (token: string) => {
  const verdict = await verify(token, HERE);
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind;
};

describe('a good token', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const own = await signingKey('own', alg);
    const keys = createLocalJWKSet({ keys: [{ kty: '', ...own.jwk }] });
    const judge = createTokenVerifier(oidcSettings(), keys, createFakeClock().now);
    expect(await judge(await sign({}, {}, own), HERE)).toMatchObject({ kind: 'accepted' });
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('may be of the type %s', async (typ) => {
    expect(await reasonOf(await sign({}, { typ }))).toBe('accepted');
  });

  it('may be for several audiences', async () => {
    expect(await reasonOf(await sign({ aud: ['other', 'haven'] }))).toBe('accepted');
  });
});

describe('a hostile token is refused', () => {
  it('without a signature, whatever its header says', async () => {
    for (const alg of ['none', 'None', 'NONE', '', null, undefined, 0]) {
      const unsigned = `${encoded({ alg, kid: 'k1', typ: 'JWT' })}.${encoded(goodClaims())}`;
      expect(readCredentials(`Bearer ${unsigned}.`)).toBeUndefined();
      expect(['algorithm', 'malformed']).toContain(await reasonOf(`${unsigned}.`));
      expect(['algorithm', 'malformed']).toContain(await reasonOf(`${unsigned}.c2ln`));
    }
  });

  it('when it is signed with the public key as a shared secret', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    for (const secret of [JSON.stringify(rsa.jwk), await exportSPKI(publicKey), encoded(rsa.jwk)]) {
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const signed = `${encoded({ alg, kid: 'k2', typ: 'JWT' })}.${encoded(goodClaims())}`;
        const mac = createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url');
        expect(await reasonOf(`${signed}.${mac}`)).toBe('algorithm');
      }
    }
  });

  it('when it brings its own key along', async () => {
    const header = { jwk: stranger.jwk, jku: 'https://evil.example/keys', x5u: 'https://evil.example/cert' };
    expect(await reasonOf(await sign({}, header, stranger))).toBe('bad_signature');
  });

  it.each(['k3', '', '../../k1', "k1' OR '1'='1", '__proto__', 'k1\u0000'])('with the key id %j', async (kid) => {
    expect(await reasonOf(await sign({}, { kid }, stranger))).toBe('unknown_key');
  });

  it.each(['logout+jwt', 'secevent+jwt', 'JWE', 'application/jwt2'])('of the type %s', async (typ) => {
    expect(await reasonOf(await sign({}, { typ }))).toBe('wrong_type');
  });

  it('with an extension that must be understood', async () => {
    const token = await new SignJWT(goodClaims())
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', crit: ['exp2'], exp2: 1 })
      .sign(key.privateKey, { crit: { exp2: true } });
    expect(['malformed', 'algorithm']).toContain(await reasonOf(token));
  });

  it.each<readonly [string, object, string]>([
    ['of another issuer', { iss: 'https://id.example/realms/other' }, 'wrong_issuer'],
    ['of the issuer with a slash', { iss: 'https://id.example/realms/haven/' }, 'wrong_issuer'],
    ['of issuers', { iss: ['https://id.example/realms/haven'] }, 'wrong_issuer'],
    ['of no issuer', { iss: undefined }, 'malformed'],
    ['for another audience', { aud: 'haven2' }, 'wrong_audience'],
    ['for no audience', { aud: [] }, 'wrong_audience'],
    ['for audiences in an object', { aud: { 0: 'haven' } }, 'wrong_audience'],
    ['without an end', { exp: undefined }, 'malformed'],
    ['with an end that is a text', { exp: '9999999999' }, 'malformed'],
    ['that has ended', { exp: TEST_NOW_SECONDS - 10 }, 'expired'],
    ['that begins later', { nbf: TEST_NOW_SECONDS + 11 }, 'not_yet_valid'],
    ['issued later', { iat: TEST_NOW_SECONDS + 11, exp: TEST_NOW_SECONDS + 600 }, 'not_yet_valid'],
    ['issued too long ago', { iat: TEST_NOW_SECONDS - 7_211 }, 'expired'],
    ['never issued', { iat: undefined }, 'malformed'],
    ['of nobody', { sub: undefined }, 'malformed'],
    ['of a subject that is none', { sub: { id: 'alice' } }, 'malformed'],
  ])('%s', async (_name, claims, reason) => {
    expect(await reasonOf(await sign(claims))).toBe(reason);
  });

  it('when it is huge, before it is parsed', async () => {
    expect(await reasonOf(await sign({ padding: 'x'.repeat(8_192) }))).toBe('malformed');
  });

  it('when it is a token inside of a token', async () => {
    const inner = await sign();
    const nested = `${encoded({ alg: 'ES256', kid: 'k1', cty: 'JWT' })}.${base64url.encode(inner)}`;
    expect(await reasonOf(`${nested}.${inner.split('.')[2]}`)).toBe('bad_signature');
  });

  it('whichever bit of it is changed', async () => {
    const token = await sign();
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'ABab01-_.'), async (at, letter) => {
        const changed = `${token.slice(0, at)}${letter}${token.slice(at + 1)}`;
        // The last letter of a part carries bits that don't count, which no decoder minds.
        const same = changed
          .split('.')
          .map((part) => Buffer.from(part, 'base64url').toString('hex'))
          .join('.');
        fc.pre(
          same !==
            token
              .split('.')
              .map((part) => Buffer.from(part, 'base64url').toString('hex'))
              .join('.'),
        );
        expect(await reasonOf(changed)).not.toBe('accepted');
      }),
    );
  });

  it('whatever text stands in its place, and nothing is thrown', async () => {
    const part = fc.oneof(fc.string(), fc.json().map(base64url.encode), fc.base64String());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        expect((await verify(parts.join('.'), HERE)).kind).toBe('refused');
      }),
    );
  });

  it('whatever its claims are, unless they are good: none of another issuer or audience gets in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (claims) => {
        const token = await signToken(key, {
          ...goodClaims({ aud: 'other' }),
          ...Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'aud')),
        });
        expect((await verify(token, HERE)).kind).toBe('refused');
      }),
      { numRuns: 50 },
    );
  });
});

describe('credentials', () => {
  it.each([
    ['hvn_test_x.y.z', undefined],
    ['a.b', undefined],
    ['a.b.c.d.e', undefined],
    ['a..c', undefined],
    ['a.b.c', 'jwt'],
  ])('%s', (shown, kind) => {
    expect(readCredentials(`Bearer ${shown}`)?.kind).toBe(kind);
  });
});
