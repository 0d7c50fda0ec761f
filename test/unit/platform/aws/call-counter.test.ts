import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { createScriptedAws, dynamoError, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const get = () => new GetCommand({ TableName: 't', Key: { pk: 'a' } });

describe('AwsCallCounter', () => {
  it('counts calls by command, and starts again after a reset', async () => {
    const client = scriptedDocumentClient(createScriptedAws(() => ({ body: {} })));
    const counter = new AwsCallCounter();
    counter.attach(client);
    await client.send(get());
    await client.send(get());
    expect(Object.values(counter.snapshot())).toEqual([2]);
    expect(Object.keys(counter.snapshot())[0]).toContain('Get');
    expect(counter.total()).toBe(2);
    counter.reset();
    expect([counter.snapshot(), counter.total()]).toEqual([{}, 0]);
  });

  it('counts an attempt that the SDK repeats by itself once', async () => {
    const aws = createScriptedAws([dynamoError('InternalServerError', {}, 500), { body: {} }]);
    const client = scriptedDocumentClient(aws, 2);
    const counter = new AwsCallCounter();
    counter.attach(client);
    await client.send(get());
    expect([aws.requests.length, counter.total()]).toEqual([2, 1]);
  });

  it('counts failed calls as well', async () => {
    const client = scriptedDocumentClient(createScriptedAws([dynamoError('ValidationException')]));
    const counter = new AwsCallCounter();
    counter.attach(client);
    await expect(client.send(get())).rejects.toThrow();
    expect(counter.total()).toBe(1);
  });
});
