import { describe, expect, it } from 'vitest';
import { redact, redactFields } from '#shared/platform/log/redact.ts';
import { TEST_PRIVATE_KEY, textOf } from '#test/support/fakes/key-encodings.ts';

const API_KEY = `hvn_live_01JD8Q4X7M5N2V9C3R6T0W1YZA_${TEST_PRIVATE_KEY}`;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvcGVyYXRvciJ9.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk';
const PEM = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04f\n-----END EC PRIVATE KEY-----';

describe('a credential in a text never reaches the log', () => {
  it.each([
    ['an API key', API_KEY, 'hvn_'],
    ['a test API key cut short', 'hvn_test_01JD8Q4X7M5N2V9C3R6T0W1YZA_0011aabb', '0011aabb'],
    ['a Standard Webhooks secret', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'C2FVsBQI'],
    ['a Standard Webhooks signing key', 'whsk_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'C2FVsBQI'],
    ['an AWS access key', 'AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
    ['a temporary AWS access key', 'ASIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
    ['a Bearer header', 'Authorization: Bearer abcdefgh12345678', 'abcdefgh'],
    ['a bearer header in lower case', 'authorization: bearer abcdefgh12345678', 'abcdefgh'],
    ['a Basic header', 'Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpw'],
    ['a JSON Web Token', JWT, 'eyJ'],
    ['an unsigned JSON Web Token', JWT.split('.').slice(0, 2).join('.'), 'eyJ'],
    ['a PEM block', PEM, 'MHcCAQ'],
    ['a PEM block on one line', PEM.replaceAll('\n', '\\n'), 'MHcCAQ'],
    ['a PEM block without its end', PEM.split('-----END')[0] ?? '', 'MHcCAQ'],
  ])('%s', (_name, credential, part) => {
    for (const text of [credential, `got ${credential} instead`, `{"value":"${credential}"}`]) {
      expect(textOf(redact(text, 'note'))).not.toContain(part);
    }
    expect(redact(`got ${credential}`, 'note')).toMatch(/^got /);
  });
});

describe("an RPC endpoint's credential never reaches the log, its host does", () => {
  it.each([
    ['in the path', 'https://eth.example.com/v2/s3cretKey', 'https://eth.example.com/…'],
    ['in the query', 'https://eth.example.com?apikey=s3cretKey', 'https://eth.example.com/…'],
    ['in the query after a path', 'https://eth.example.com/rpc?apikey=s3cretKey', 'https://eth.example.com/…'],
    ['in the fragment', 'https://eth.example.com#s3cretKey', 'https://eth.example.com/…'],
    ['as user and password', 'https://user:s3cretKey@eth.example.com', 'https://eth.example.com/…'],
    ['as user', 'http://s3cretKey@127.0.0.1:8545/', 'http://127.0.0.1:8545/…'],
    ['with an @ in the password', 'https://user:a@s3cretKey@eth.example.com/', 'https://eth.example.com/…'],
    ['with a quote in the password', "https://user:s3cret'Key@eth.example.com/", 'https://eth.example.com/…'],
    ['of a web socket', 'wss://eth.example.com/ws/s3cretKey', 'wss://eth.example.com/…'],
    ['with its scheme in upper case', 'HTTPS://eth.example.com/v2/s3cretKey', '://eth.example.com/…'],
  ])('%s', (_name, url, shown) => {
    const out = textOf(redact(`request to ${url} failed`, 'note'));
    expect(out).not.toMatch(/s3cret|Key/);
    expect(out).toContain(shown);
    expect(out).toMatch(/^request to .*failed$/);
  });

  it('in each of several', () => {
    const out = redact('tried https://a.example/s3cretKey, https://b.example/s3cretKey', 'note');
    expect(out).toBe('tried https://a.example/… https://b.example/…');
  });
});

describe('a field whose name says that it is secret is redacted whatever it holds', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'secret',
    'client_secret',
    'secretAccessKey',
    'aws_secret_access_key',
    'private_key',
    'privateKey',
    'password',
    'passwd',
    'mnemonic',
    'seed',
    'seed_phrase',
    'pepper',
    'cookie',
    'set-cookie',
    'credentials',
    'signature',
    'x-signature',
    'plaintext',
    'plaintext_key',
    'ciphertext',
    'raw',
    'raw_transaction',
    'bearer',
    'api_key',
    'apiKey',
    'apikey',
    'token',
    'key',
    'body',
    'event',
    'headers',
  ])('%s', (name) => {
    const held = { text: 'hush', list: ['hush'], nested: { deep: 'hush' }, number: 4711 };
    for (const value of Object.values(held)) {
      expect(redactFields({ outer: { [name]: value } })).toEqual({ outer: { [name]: '[redacted]' } });
    }
  });

  // Bearer credentials of the API itself and of AWS, under the names that they have there.
  it.each([
    'cart_token',
    'order_token',
    'x-cart-token',
    'x-order-token',
    'session_token',
    'sessionToken',
    'x-amz-security-token',
    'access_token',
    'x-api-key',
    'api-key',
    'signing_key',
  ])('%s', (name) => {
    expect(redactFields({ [name]: 'hush' })).toEqual({ [name]: '[redacted]' });
  });

  it.each(['token_address', 'token_id', 'key_id', 'wallet_key_id', 'idempotent', 'eventual', 'body_bytes'])(
    '%s is not such a name',
    (name) => {
      expect(redactFields({ [name]: 'shown' })).toEqual({ [name]: 'shown' });
    },
  );
});
