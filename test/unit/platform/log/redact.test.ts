import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { redact, redactFields } from '#shared/platform/log/redact.ts';
import { KEY_ENCODINGS, survives, TEST_PRIVATE_KEY, textOf } from '#test/support/fakes/key-encodings.ts';

const HASH = '0x88df016429689c079f3b2f6ad39fa052532c50795b733da78a91ebe6a713944b';
const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const RAW_TRANSACTION = `0x02f8${TEST_PRIVATE_KEY.repeat(3)}`;

const encoded = Object.entries(KEY_ENCODINGS).map(([name, encode]) => ({ name, text: encode(TEST_PRIVATE_KEY) }));

describe('a private key never reaches the log', () => {
  it.each(encoded)('as $name, alone', ({ text }) => {
    expect(survives(text, textOf(redact(text, 'note')))).toBe(false);
  });

  it.each(encoded)('as $name, inside a sentence', ({ text }) => {
    const out = textOf(redact(`could not sign with "${text}", giving up`, 'note'));
    expect(survives(text, out)).toBe(false);
    expect(out).toContain('could not sign with');
    expect(out).toContain('giving up');
  });

  it.each(encoded)('as $name, in a field, an array and an object', ({ text }) => {
    expect(survives(text, textOf(redactFields({ a: text, b: [text], c: { d: { e: text } } })))).toBe(false);
  });

  it.each(encoded)("as $name, in an error's message, stack, code and causes", ({ text }) => {
    const root = Object.assign(new Error(`root ${text}`), { code: text });
    const error = new Error(`outer ${text}`, { cause: new Error('middle', { cause: root }) });
    const out = textOf(redact(error, 'error'));
    expect(survives(text, out)).toBe(false);
    expect(out).toContain('root');
  });

  it.each(encoded)('as $name, in a cause that is no error', ({ text }) => {
    const error = new Error('outer', { cause: { answer: `it was ${text}` } });
    expect(survives(text, textOf(redact(error, 'error')))).toBe(false);
  });

  it.each([
    ['bytes', Buffer.from(TEST_PRIVATE_KEY, 'hex')],
    ['an array buffer', Uint8Array.from(Buffer.from(TEST_PRIVATE_KEY, 'hex')).buffer],
  ])('as %s', (_name, value) => {
    expect(redact(value, 'note')).toBe('[32 bytes]');
  });

  it('as a bigint', () => {
    expect(redact(BigInt(`0x${TEST_PRIVATE_KEY}`), 'note')).toBe('[redacted]');
  });

  it('as part of signed bytes', () => {
    expect(redact(`broadcast ${RAW_TRANSACTION}`, 'note')).toBe('broadcast [redacted]');
  });

  it('under the name of a hash, unless the value is shaped like one', () => {
    const fields = redactFields({
      tx_hash: TEST_PRIVATE_KEY,
      block_hash: `x 0x${TEST_PRIVATE_KEY}`,
      hash: `${HASH}00`,
    });
    expect(fields).toEqual({ tx_hash: '[redacted]', block_hash: 'x [redacted]', hash: '[redacted]' });
  });

  it('under the name of a hash, as a bigint', () => {
    expect(redact(BigInt(`0x${TEST_PRIVATE_KEY}`), 'tx_hash')).toBe('[redacted]');
  });
});

describe('a private key in forms that are easily overlooked never reaches the log', () => {
  const bytes = [...Buffer.from(TEST_PRIVATE_KEY, 'hex')];
  const short = TEST_PRIVATE_KEY.replace(/^4c/, '');

  it.each([
    ['cut by the cap on long texts', `${'x'.repeat(4_096 - 40)} ${TEST_PRIVATE_KEY}`, TEST_PRIVATE_KEY],
    ['as hex without its leading zeros', `0x${short}`, short],
    ['as hex in groups of four', TEST_PRIVATE_KEY.replace(/.{4}(?=.)/g, '$& '), '4c08 83a6 9102 937d'],
    [
      'as hex bytes with 0x and commas',
      bytes.map((byte) => `0x${byte.toString(16)}`).join(', '),
      '0x4c, 0x8, 0x83, 0xa6',
    ],
    ['as a list of decimal bytes', bytes.join(', '), '76, 8, 131, 166, 145'],
    ['as a Buffer written as JSON', JSON.stringify(Buffer.from(bytes)), '76,8,131,166,145'],
  ])('%s', (_name, text, part) => {
    expect(survives(part, textOf(redact(text, 'note')))).toBe(false);
  });

  it('as an array of numbers', () => {
    expect(textOf(redact(bytes, 'note'))).not.toContain(textOf(bytes.slice(0, 8)));
  });

  it('as the name of a field', () => {
    expect(textOf(redactFields({ [TEST_PRIVATE_KEY]: 1 }))).not.toContain(TEST_PRIVATE_KEY);
  });

  it("as an error's name", () => {
    const error = new Error('no');
    error.name = `0x${TEST_PRIVATE_KEY}`;
    expect(textOf(redact(error, 'error'))).not.toContain(TEST_PRIVATE_KEY);
  });

  it('as base64 after a slash, an underscore or a dash', () => {
    const base64 = Buffer.from(bytes).toString('base64');
    for (const prefix of ['wallets/', 'key_', 'key-']) {
      expect(survives(base64, textOf(redact(`${prefix}${base64}`, 'note'))), prefix).toBe(false);
    }
  });
});

describe('an e-mail address never reaches the log', () => {
  it.each(['ada@example.com', "o'hara+tag@mail.example.co.uk", 'ADA_9%x@EXAMPLE.MUSEUM', 'a@xn--bcher-kva.example'])(
    '%s, in a sentence, an error or a field of its name',
    (email) => {
      expect(textOf(redact(`the address ${email} was refused`, 'note'))).toContain(
        'the address [redacted] was refused',
      );
      expect(textOf(redact(new Error(`to <${email}>`), 'error'))).not.toContain(email);
      expect(redactFields({ email, user_email: email, e_mail: email })).toEqual({
        email: '[redacted]',
        user_email: '[redacted]',
        e_mail: '[redacted]',
      });
    },
  );
});

describe('what is not secret survives', () => {
  it.each([
    ['tx_hash', HASH],
    ['block_hash', HASH],
    ['hash', HASH],
    ['hashes', [HASH, HASH]],
    ['address', ADDRESS],
    ['source_address', '2001:db8::7'],
    ['wallet_id', 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'],
    ['key_id', 'key_01JD8Q4X7M5N2V9C3R6T0W1YZA'],
    ['request_id', '5f0b7b0e-6d5c-4a5e-9f55-0c1d6c9b2a11'],
    ['amount_wei', '115792089237316195423570985008687907'],
    ['selector', '0x08c379a0'],
    ['lane', `31337#${ADDRESS}`],
    ['queue', 'https://sqs.eu-central-1.amazonaws.com/…'],
    ['at', '2026-11-21T18:30:00.000Z'],
    ['nonce', 7],
    ['confirmed', true],
    ['block_number', null],
  ])('%s', (name, value) => {
    expect(redactFields({ [name]: value })).toEqual({ [name]: value });
  });

  it('an address in a sentence', () => {
    const text = `${ADDRESS} sent nothing to ${ADDRESS.toLowerCase()}`;
    expect(redact(text, 'note')).toBe(text);
  });

  it('an amount as a bigint, as its digits', () => {
    expect(redact(10n ** 27n, 'amount_wei')).toBe(`1${'0'.repeat(27)}`);
  });

  it("an error's name, message and code", () => {
    const error = Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' });
    expect(redact(error)).toMatchObject({ name: 'TypeError', message: 'fetch failed', code: 'ECONNREFUSED' });
  });
});

describe('what would blow up a log line is cut', () => {
  it('a text of more than 4096 characters', () => {
    expect(redact('word '.repeat(2_000), 'note')).toBe(`${'word '.repeat(2_000).slice(0, 4_096)}…`);
  });

  it('a cycle', () => {
    const loop: Record<string, unknown> = {};
    loop['again'] = loop;
    expect(JSON.stringify(redactFields(loop))).toContain('[too deep]');
  });

  it('an error that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(JSON.stringify(redact(error))).toContain('[too deep]');
  });

  it('an array or an object of more than 100 members', () => {
    const many = Array.from({ length: 500 }, (_, index) => index);
    expect(redact(many)).toHaveLength(100);
    expect(Object.keys(redactFields({ ...many }))).toHaveLength(100);
  });

  it('functions and symbols', () => {
    expect(redactFields({ f: () => 1, s: Symbol('x') })).toEqual({ f: '[function]', s: '[symbol]' });
  });
});

describe('a text that is made to be slow to look through does not hold up the function that logs it', () => {
  const gap = ' '.repeat(50);
  // Nothing in this process could end such a search: so it has a process of its own.
  const script = `
    const { readFileSync } = await import('node:fs');
    const { redact } = await import('#shared/platform/log/redact.ts');
    redact(readFileSync(0, 'utf8'), 'note');
    console.log('done');`;

  it.each([
    ['decimal numbers, one too few to be a key, far apart', Array.from({ length: 15 }, () => '7').join(gap)],
    ['hex bytes, one too few to be a key, far apart', Array.from({ length: 7 }, () => '0x7').join(gap)],
    ['a key that begins again and again', '-----BEGIN EC PRIVATE KEY-----'.repeat(2_000)],
    ['a token that begins again and again', 'eyJhbGciOiJ'.repeat(5_000)],
    ['addresses of servers without end', 'https://'.repeat(8_000)],
    ['an e-mail address whose end never comes', `a@${'a.'.repeat(30_000)}1`],
    ['e-mail addresses without end', 'a.a@'.repeat(16_000)],
  ])('%s', (_name, input) => {
    const argv = ['--input-type=module', '--eval', script];
    const { stdout } = spawnSync(process.execPath, argv, { encoding: 'utf8', input, timeout: 4_000 });
    expect(stdout).toBe('done\n');
  });
});
