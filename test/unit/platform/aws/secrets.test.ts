import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jsonSecretReader, SECRET_TTL_MS } from '#shared/platform/aws/secrets.ts';
import { pepperSecretSchema, signingSecretSchema } from '#shared/platform/aws/stage-secrets.ts';
import { rpcSecretSchema } from '#shared/platform/chain/rpc-endpoints.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createScriptedAws, type Script, scriptedSecretsClient } from '#test/support/fakes/scripted-aws.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:test';
const holds = (SecretString: string) => ({ body: { ARN, Name: 'test', SecretString } });
const schema = z.object({ value: z.string().min(3) });

function reading<T>(secretSchema: z.ZodType<T>, script: Script) {
  const aws = createScriptedAws(script);
  const clock = createFakeClock();
  return {
    aws,
    clock,
    read: jsonSecretReader(ARN, 'TEST_SECRET', secretSchema, clock.now, scriptedSecretsClient(aws)),
  };
}

describe('jsonSecretReader', () => {
  it('reads a secret by its ARN and parses it', async () => {
    const { aws, read } = reading(schema, [holds('{"value":"abc"}')]);
    expect(await read()).toEqual({ value: 'abc' });
    expect(aws.requests).toEqual([{ operation: 'GetSecretValue', body: { SecretId: ARN } }]);
  });

  it('serves it from memory for a minute, then reads it again: a changed secret needs no deploy', async () => {
    const { aws, clock, read } = reading(schema, [holds('{"value":"old"}'), holds('{"value":"new"}')]);
    expect(await read()).toEqual({ value: 'old' });
    clock.advance(SECRET_TTL_MS - 1);
    expect(await read()).toEqual({ value: 'old' });
    clock.advance(1);
    expect(await read()).toEqual({ value: 'new' });
    expect(aws.requests).toHaveLength(2);
  });

  it('does not keep a failure', async () => {
    const { read } = reading(schema, [new Error('no'), holds('{"value":"abc"}')]);
    await caughtLater(HavenError, read);
    expect(await read()).toEqual({ value: 'abc' });
  });

  it.each([
    ['a missing secret', { status: 400, body: { __type: 'ResourceNotFoundException', Message: 'no' } }],
    ['a missing permission', { status: 400, body: { __type: 'AccessDeniedException', Message: 'no' } }],
    ['a broken connection', new Error('socket hang up')],
  ])('says which secret could not be read with %s', async (_name, answer) => {
    const error = await caughtLater(HavenError, reading(schema, [answer]).read);
    expect(error).toMatchObject({ code: 'CONFIGURATION', message: 'The secret TEST_SECRET could not be read' });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ['no JSON', 'hush'],
    ['JSON that is cut', '{"value":"hush'],
    ['a text', '"hush"'],
    ['a field of another type', '{"value":["hush"]}'],
    ['another field', '{"hush":"hush"}'],
    ['a value that is too short', '{"value":"hu"}'],
    ['nothing', ''],
    ['null', 'null'],
  ])('says which secret is not valid when it holds %s, and shows nothing of it', async (_name, text) => {
    const error = await caughtLater(HavenError, reading(schema, [holds(text)]).read);
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).toMatch(/^The secret TEST_SECRET is not valid: /);
    expect(inspect(error)).not.toMatch(/hush|"hu"/);
  });

  it('takes a binary secret for one that holds nothing', async () => {
    const error = await caughtLater(HavenError, reading(schema, [{ body: { ARN, SecretBinary: 'aHVzaA==' } }]).read);
    expect(error.message).toMatch(/^The secret TEST_SECRET is not valid: /);
  });
});

describe("an operator's mistake in the RPC secret shows nothing of it", () => {
  it.each([
    ['an endpoint in the place of the chain id', '{"https://rpc.example/v2/hush":["1"]}'],
    ['an endpoint that is no URL', '{"1":["hush"]}'],
    ['an endpoint of another protocol', '{"1":["wss://rpc.example/hush"]}'],
    ['one endpoint in the place of a list', '{"1":"https://rpc.example/hush"}'],
    ['no endpoint', '{"1":[],"hush":["https://rpc.example"]}'],
    ['an endpoint in the place of a name', '{"1":[{"url":"https://rpc.example","name":"https://rpc.example/hush"}]}'],
    ['an endpoint with a field too many', '{"1":[{"url":"https://rpc.example","hush":"hush"}]}'],
    [
      'the same name twice',
      '{"1":[{"url":"https://a.example","name":"hush"},{"url":"https://b.example","name":"hush"}]}',
    ],
  ])('%s', async (_name, text) => {
    const error = await caughtLater(HavenError, reading(rpcSecretSchema, [holds(text)]).read);
    expect(error.code).toBe('CONFIGURATION');
    expect(inspect(error)).not.toContain('hush');
  });
});

describe("the stage's own secrets", () => {
  it('must be long enough that nobody guesses them', () => {
    expect(signingSecretSchema.safeParse({ signing_key: 'x'.repeat(31) }).success).toBe(false);
    expect(signingSecretSchema.safeParse({ signing_key: 'x'.repeat(32) }).success).toBe(true);
    expect(pepperSecretSchema.safeParse({ pepper: 'x'.repeat(31) }).success).toBe(false);
    expect(pepperSecretSchema.safeParse({ pepper: 'x'.repeat(32) }).success).toBe(true);
  });
});
