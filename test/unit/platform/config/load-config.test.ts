import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { settings } from '#shared/platform/config/settings.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

const GOOD: Readonly<Record<keyof typeof settings, string>> = {
  STAGE: 'local',
  KEYS_TABLE: 'haven-keys',
  LEDGER_TABLE: 'haven-ledger',
  AUDIT_TABLE: 'haven-audit',
  EPHEMERAL_TABLE: 'haven-ephemeral',
  ACCESS_TABLE: 'haven-access',
  LOGS_TABLE: 'haven-logs',
  SHOP_TABLE: 'haven-shop',
  NOTIFY_TABLE: 'haven-notify',
  NOTIFY_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:notify',
  WEBHOOK_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/webhook-wakes',
  APPROVALS_TABLE: 'haven-approvals',
  DUAL_CONTROL: 'principals',
  DEPOSIT_POOL_TARGET: '40',
  DEPOSIT_POOL_LOW_WATER: '10',
  KEY_EXPORT: 'true',
  KEY_RETENTION_DAYS: '90',
  WALLET_KEY_ARN: 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000000',
  PREVIOUS_WALLET_KEY_ARNS: 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000001',
  KMS_KEY_POLICY: '{"Statement":[]}',
  ANCHOR_KEY_ARN: 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000001',
  ANCHOR_BUCKET: 'haven-anchors',
  KEY_MODE: 'test',
  SIGNING_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:signing',
  PEPPER_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:pepper',
  RPC_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:rpc',
  SHOP_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop',
  KICK_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/kicks.fifo',
  WAKE_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/wakes',
  REFILL_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/pool-kicks',
  SCAN_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/scan-kicks',
  WEBHOOK_TRANSACTION_EVENTS: 'true',
  OUTBOX_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/outbox-wakes',
  MESSAGE_SIGNING: 'true',
  EXPOSE_STACKS: 'true',
};
const names = Object.keys(GOOD);
/** Those that have a value when nobody sets them. */
const OPTIONAL = ['EXPOSE_STACKS', 'PREVIOUS_WALLET_KEY_ARNS'];

describe('loadConfig', () => {
  it('reads every setting', () => {
    expect(loadConfig(z.object(settings), GOOD)).toEqual({
      ...GOOD,
      DEPOSIT_POOL_TARGET: 40,
      DEPOSIT_POOL_LOW_WATER: 10,
      EXPOSE_STACKS: true,
      MESSAGE_SIGNING: true,
      KEY_EXPORT: true,
      WEBHOOK_TRANSACTION_EVENTS: true,
      KEY_RETENTION_DAYS: 90,
      PREVIOUS_WALLET_KEY_ARNS: [GOOD.PREVIOUS_WALLET_KEY_ARNS],
    });
  });

  it('leaves out variables that are none of its settings', () => {
    expect(loadConfig(z.object({ STAGE: settings.STAGE }), { STAGE: 'local', AWS_SECRET_ACCESS_KEY: 'hush' })).toEqual({
      STAGE: 'local',
    });
  });

  it.each(names.filter((name) => !OPTIONAL.includes(name)))('stops without %s, and names it', (name) => {
    const error = caught(HavenError, () => loadConfig(z.object(settings), { ...GOOD, [name]: undefined }));
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).toContain(name);
    expect(names.filter((other) => error.message.includes(other))).toEqual([name]);
  });

  it('names every bad setting at once', () => {
    const error = caught(HavenError, () => loadConfig(z.object(settings), {}));
    for (const name of names.filter((one) => !OPTIONAL.includes(one))) expect(error.message).toContain(name);
  });

  it('never shows a value', () => {
    const schema = z.object({
      A: z.enum(['x', 'y']),
      B: z.url(),
      C: z.coerce.number(),
      D: z.string().max(2),
      E: jsonSetting(z.array(z.strictObject({ n: z.number() }))),
      F: z.string().regex(/^a$/),
      G: jsonSetting(z.number()),
      H: jsonSetting(z.object({ mode: z.literal('z') })),
    });
    const env = {
      A: 'hush',
      B: 'hush',
      C: 'hush',
      D: 'hush',
      E: '[{"n":"hush"}]',
      F: 'hush',
      G: '{hush',
      H: '{"mode":"hush"}',
    };
    const error = caught(HavenError, () => loadConfig(schema, env));
    for (const name of Object.keys(env)) expect(error.message).toContain(name);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error.details)}`).not.toContain('hush');
    expect(error.cause).toBeUndefined();
  });
});

describe('a setting', () => {
  const read = (name: keyof typeof settings, value: string) => settings[name].safeParse(value);

  it.each([
    ['STAGE', ''],
    ['LEDGER_TABLE', 'ab'],
    ['KEY_MODE', 'production'],
    ['WALLET_KEY_ARN', 'alias/haven'],
    ['WALLET_KEY_ARN', 'arn:aws:kms:eu-central-1:000000000000:alias/haven'],
    ['KICK_QUEUE_URL', 'kicks.fifo'],
    ['EXPOSE_STACKS', 'yes'],
    ['EXPOSE_STACKS', 'TRUE'],
    ['EXPOSE_STACKS', '1'],
  ] as const)('%s must not be %j', (name, value) => {
    expect(read(name, value).success).toBe(false);
  });

  it('EXPOSE_STACKS is off unless it is switched on', () => {
    expect(settings.EXPOSE_STACKS.parse(undefined)).toBe(false);
    expect(settings.EXPOSE_STACKS.parse('false')).toBe(false);
    expect(settings.EXPOSE_STACKS.parse('true')).toBe(true);
  });

  it('PREVIOUS_WALLET_KEY_ARNS is a list of ARNs, by default an empty one', () => {
    const arn = GOOD.PREVIOUS_WALLET_KEY_ARNS;
    const read = (text: string | undefined) => settings.PREVIOUS_WALLET_KEY_ARNS.safeParse(text);
    expect(read(undefined).data).toEqual([]);
    expect(read('').data).toEqual([]);
    expect(read(`${arn},${arn}`).data).toEqual([arn, arn]);
    for (const bad of [`${arn},`, `,${arn}`, `${arn}${arn}`, `${arn} `, 'alias/haven', `${arn}\n`]) {
      expect(read(bad).success, bad).toBe(false);
    }
  });

  it('WALLET_KEY_ARN may be of any AWS partition', () => {
    expect(read('WALLET_KEY_ARN', 'arn:aws-cn:kms:cn-north-1:000000000000:key/mrk-1').success).toBe(true);
  });
});

describe('jsonSetting', () => {
  it('reads JSON by its schema', () => {
    expect(jsonSetting(z.array(z.number())).parse('[1,2]')).toEqual([1, 2]);
  });

  it.each(['', '{', 'undefined', "{'a':1}"])('says that %j is no JSON', (text) => {
    expect(jsonSetting(z.unknown()).safeParse(text).error?.issues[0]?.message).toBe('is not valid JSON');
  });
});
