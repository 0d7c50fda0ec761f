import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';
import { SECRET_READERS } from '../support/guarded-resources.ts';

const secretSchema = z.strictObject({
  Name: z.string(),
  Description: z.string(),
  Tags: z.unknown(),
  GenerateSecretString: z.strictObject({
    PasswordLength: z.number(),
    ExcludePunctuation: z.boolean(),
    SecretStringTemplate: z.string(),
    GenerateStringKey: z.string(),
  }),
});

/** What secrets look like. */
const SECRET_SHAPES: Readonly<Record<string, RegExp>> = {
  'an API key': /hvn_(live|test)_\w/,
  'a private key or a hash': /(?<![0-9a-f])(0x)?[0-9a-f]{64}(?![0-9a-f])/i,
  'a PEM block': /-----BEGIN/,
  'an AWS access key': /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  'a URL with credentials': /https?:\/\/[^/\s"]+:[^/\s"]+@/,
  'a JSON web token': /\beyJ[\w-]{10,}\.eyJ/,
};

/** Code assets are named by their hash, and nothing else may look like one. */
const ASSET = /"(S3Key|aws:asset:path)":"(asset\.)?[0-9a-f]{64}(\.zip)?"/g;

function shapesIn(text: string): string[] {
  return Object.entries(SECRET_SHAPES).flatMap(([shape, pattern]) => (pattern.test(text) ? [shape] : []));
}

describe.each(ALL_STAGES)('the secrets of %s', (stage) => {
  const templates = templatesOf(stage);
  const secrets = templates.all('AWS::SecretsManager::Secret', secretSchema);

  it('are generated, with no value in the template', () => {
    expect(secrets.map(({ properties }) => properties.Name).sort()).toEqual(
      Object.keys(SECRET_READERS)
        .map((name) => `haven/${stage}/${name}`)
        .sort(),
    );
    for (const { properties } of secrets) {
      // 64 letters and digits are 381 bits.
      expect(properties.GenerateSecretString.PasswordLength).toBe(64);
      expect(properties.GenerateSecretString.SecretStringTemplate).toBe('{}');
    }
  });

  it('generate the keys that functions read, and a placeholder where the value comes later', () => {
    const generated = secrets.map(({ properties }) => [
      properties.Name.split('/').at(-1),
      properties.GenerateSecretString.GenerateStringKey,
    ]);
    expect(Object.fromEntries(generated)).toEqual({
      pepper: 'pepper',
      signing: 'signing_key',
      shop: 'shop_key',
      notify: 'notify_key',
      'admin-key': 'placeholder',
      rpc: 'placeholder',
      'alert-webhooks': 'placeholder',
      'payment-processors': 'placeholder',
    });
  });

  it('outlive their stack where data is protected', () => {
    const policy = PROTECTED_STAGES.includes(stage) ? 'RetainExceptOnCreate' : 'Delete';
    expect(new Set(secrets.map(({ deletionPolicy }) => deletionPolicy))).toEqual(new Set([policy]));
  });

  it('are in no template, nor is anything that looks like one', () => {
    for (const [name, text] of templates.texts()) {
      expect([name, shapesIn(text.replaceAll(ASSET, '""'))]).toEqual([name, []]);
    }
  });
});

it('the scan knows a secret when it sees one', () => {
  const samples = [
    'hvn_live_01JABC_x',
    `"${'0f'.repeat(32)}"`,
    `0x${'A1'.repeat(32)}`,
    '-----BEGIN EC PRIVATE KEY-----',
    'AKIAIOSFODNN7EXAMPLE',
    'https://user:pass@rpc.example/v3',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0',
  ];
  expect(samples.filter((sample) => shapesIn(sample).length !== 1)).toEqual([]);
  expect(shapesIn('arn:aws:secretsmanager:x:1:secret:haven/local/pepper-AbCdEf')).toEqual([]);
});
