import { describe, expect, it } from 'vitest';
import { type CustomResourceAnswer, createHandler } from '#functions/access-bootstrap/handler.ts';
import type { ApiKeyFacts } from '#shared/access/api-key.ts';
import { readBearer } from '#shared/access/api-key-token.ts';
import { draftApiKey, hashedKey } from '#shared/access/draft-api-key.ts';
import { TEST_KEY_ULID, TEST_PEPPER } from '#test/support/fakes/api-keys.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { textOf } from '#test/support/fakes/key-encodings.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const URL = 'https://cloudformation-custom-resource-response.s3.amazonaws.com/answer?signature=abc';
const EVENT = {
  RequestType: 'Create',
  ResponseURL: URL,
  StackId: 'arn:aws:cloudformation:eu-central-1:000000000000:stack/haven/1',
  RequestId: 'cfn-1',
  LogicalResourceId: 'FirstAdminKey',
};
const ECHO = {
  StackId: EVENT.StackId,
  RequestId: 'cfn-1',
  LogicalResourceId: 'FirstAdminKey',
  PhysicalResourceId: 'haven-first-admin-key',
};
const WANTED = { name: 'first admin key', scopes: ['*' as const], allowed_addresses: [], expires_at: null };

/** A stage whose secret and table outlive the function's runs; `failAt` breaks one step once, `failAlways` every time. */
function stage() {
  const log = createRecordingLog();
  const answers: { readonly url: string; readonly answer: CustomResourceAnswer }[] = [];
  const state: {
    secret: string | undefined;
    stored: ApiKeyFacts[];
    failAt: string | undefined;
    failAlways: string | undefined;
  } = { secret: undefined, stored: [], failAt: undefined, failAlways: undefined };
  const step = (name: string): void => {
    if (state.failAt !== name && state.failAlways !== name) return;
    state.failAt = undefined;
    throw new Error(`${name} failed with ${state.secret ?? 'nothing'}`);
  };
  let made = 0;
  const drafting = {
    readPepper: async () => TEST_PEPPER,
    mode: 'test' as const,
    clock: createFakeClock().now,
    // Each another, as outside of tests; the first is known.
    newId: () => `key_${made < 2 ? TEST_KEY_ULID : TEST_KEY_ULID.replace(/.$/, String(made % 10))}`,
  };
  const handler = createHandler({
    secret: {
      async read() {
        step('read');
        return state.secret;
      },
      async write(token) {
        step('write');
        state.secret = token;
        step('after write');
      },
    },
    async draft() {
      step('draft');
      made += 1;
      return draftApiKey(drafting, WANTED, { id: 'access-bootstrap' });
    },
    async keyOf(text) {
      const token = readBearer(`Bearer ${text}`);
      if (token === undefined) throw new Error('no token');
      return hashedKey(drafting, WANTED, { id: 'access-bootstrap' }, token);
    },
    async storeIfAbsent(key) {
      step('store');
      if (!state.stored.some(({ id }) => id === key.id)) state.stored.push(key);
    },
    async respond(url, answer) {
      step('respond');
      answers.push({ url, answer });
    },
    log: log.log,
  });
  return { handler, state, answers, log, made: () => made };
}

describe('the first admin key', () => {
  it('is made on the first deploy: its token into the secret, its hash into the table', async () => {
    const { handler, state, answers, log } = stage();
    await handler(EVENT);
    expect(answers).toEqual([{ url: URL, answer: { ...ECHO, Status: 'SUCCESS' } }]);
    const secret = readBearer(`Bearer ${state.secret}`)?.secret ?? 'none';
    expect(state.stored).toMatchObject([{ id: `key_${TEST_KEY_ULID}`, scopes: ['*'] }]);
    expect(textOf(state.stored)).not.toContain(secret);
    expect(log.of('ADMIN_KEY_READY')).toHaveLength(1);
  });

  it.each(['Create', 'Update'])('is left as it is by a later %s', async (RequestType) => {
    const { handler, state, made } = stage();
    await handler(EVENT);
    const before = { ...state, stored: [...state.stored] };
    await handler({ ...EVENT, RequestType, PhysicalResourceId: 'haven-first-admin-key' });
    expect(state).toEqual(before);
    expect(made()).toBe(1);
  });

  it.each(['read', 'draft', 'write', 'after write', 'store'])(
    'is completed by the next run when the first one broke at: %s',
    async (failAt) => {
      const { handler, state, answers, made } = stage();
      state.failAt = failAt;
      await handler(EVENT);
      await handler({ ...EVENT, RequestId: 'cfn-2' });
      expect(answers.map(({ answer }) => answer.Status)).toEqual(['FAILED', 'SUCCESS']);
      expect(state.stored).toHaveLength(1);
      const token = readBearer(`Bearer ${state.secret}`);
      expect(state.stored[0]?.id).toBe(`key_${token?.ulid}`);
      expect(made()).toBeLessThanOrEqual(2);
    },
  );

  it('of a broken run and that of the next are the same once its token is in the secret', async () => {
    const { handler, state, made } = stage();
    state.failAt = 'after write';
    await handler(EVENT);
    const token = state.secret;
    await handler(EVENT);
    expect(state.secret).toBe(token);
    expect(made()).toBe(1);
  });

  it('stays when the stack is deleted', async () => {
    const { handler, state, answers } = stage();
    await handler({ ...EVENT, RequestType: 'Delete', PhysicalResourceId: 'haven-first-admin-key' });
    expect(answers).toMatchObject([{ answer: { Status: 'SUCCESS' } }]);
    expect(state).toMatchObject({ secret: undefined, stored: [] });
  });
});

describe('a new generation of the admin key', () => {
  const FIRST = { ...EVENT, ResourceProperties: { Generation: '1' } };
  const SECOND = {
    ...EVENT,
    RequestId: 'cfn-2',
    RequestType: 'Update',
    PhysicalResourceId: 'haven-first-admin-key',
    ResourceProperties: { Generation: '2' },
    OldResourceProperties: { Generation: '1' },
  };

  it('takes the place of the one before in the secret, and is stored beside it', async () => {
    const { handler, state, answers } = stage();
    await handler(FIRST);
    const before = state.secret;
    await handler(SECOND);
    expect(state.secret).not.toBe(before);
    expect(state.stored.map(({ id }) => id)).toEqual(
      [before, state.secret].map((token) => `key_${readBearer(`Bearer ${token}`)?.ulid}`),
    );
    expect(answers.map(({ answer }) => answer.Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it.each([
    ['leaves the generation as it is', { ResourceProperties: { Generation: '1' } }],
    ['rolls it back', { ResourceProperties: { Generation: '1' }, OldResourceProperties: { Generation: '2' } }],
    ['names one where there was none', { ResourceProperties: { Generation: '1' }, OldResourceProperties: {} }],
  ])('is not issued by an update that %s', async (_name, change) => {
    const { handler, state, made } = stage();
    await handler(FIRST);
    const before = state.secret;
    await handler({ ...SECOND, ...change });
    expect([state.secret, made()]).toEqual([before, 1]);
  });
});

describe('the answer to CloudFormation', () => {
  it('names the resource as CloudFormation knows it: another name would make it delete the first', async () => {
    const { handler, answers } = stage();
    await handler({ ...EVENT, RequestType: 'Update', PhysicalResourceId: 'given-before' });
    expect(answers).toMatchObject([{ answer: { PhysicalResourceId: 'given-before' } }]);
  });

  it('says FAILED and where to look, and nothing of the fault or the key', async () => {
    const { handler, state, answers, log } = stage();
    state.failAt = 'store';
    await handler(EVENT);
    expect(answers).toEqual([
      { url: URL, answer: { ...ECHO, Status: 'FAILED', Reason: 'See the log of access-bootstrap' } },
    ]);
    expect(log.of('ADMIN_KEY_FAILED')).toHaveLength(1);
    const secret = readBearer(`Bearer ${state.secret}`)?.secret ?? 'none';
    expect(`${textOf(answers)}${log.everything()}`).not.toContain(secret);
  });

  it('that cannot be given fails the run, so that Lambda tries again', async () => {
    const { handler, state, answers } = stage();
    state.failAlways = 'respond';
    await expect(handler(EVENT)).rejects.toThrow('respond failed');
    expect(answers).toEqual([]);
  });

  it('is not FAILED because it could not be given at first: the key is in place, and a rollback would undo the deploy', async () => {
    const { handler, state, answers } = stage();
    state.failAt = 'respond';
    await handler(EVENT).catch(() => handler(EVENT));
    expect(answers.map(({ answer }) => answer.Status)).toEqual(['SUCCESS']);
  });

  it('is given to no event that is none', async () => {
    const { handler, answers } = stage();
    await expect(handler({ RequestType: 'Create' })).rejects.toThrow();
    expect(answers).toEqual([]);
  });
});
