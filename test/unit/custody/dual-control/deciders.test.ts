import { describe, expect, it } from 'vitest';
import { APPROVER, createKeyDesk, REQUESTER, recipientKeys } from '#test/support/fakes/key-desk.ts';

const OPERATOR = 'oidc:0123456789ab:alice';
const OTHER_OPERATOR = 'oidc:0123456789ab:bob';

type Kin = Readonly<Record<string, { readonly line?: string; readonly makers?: string }>>;

/** Asks for an export and for a destruction, and has both approved. */
async function decided(
  options: { readonly deciders?: 'operators' | 'principals'; readonly kin?: Kin },
  requester = REQUESTER,
  approver = APPROVER,
) {
  const desk = await createKeyDesk({
    ...options,
    wallet: { status: 'revoked', revoked_at: '2000-01-01T00:00:00.000Z' },
  });
  const asked = [
    await desk.requestExport((await recipientKeys()).publicJwk, requester),
    await desk.requestDestruction(requester),
  ];
  const [exported, destroyed] = asked.map(({ json }) => String(json['id']));
  const approved = [
    await desk.approve(exported ?? '', approver),
    await desk.approveDestruction(destroyed ?? '', approver),
  ];
  const rule = (json: Record<string, unknown>) => Object(json['details'])['rule'];
  return {
    desk,
    asked: asked.map(({ status, json }) => rule(json) ?? status),
    approved: approved.map(({ status, json }) => rule(json) ?? status),
  };
}

describe('an approval by an API key', () => {
  it.each<[string, Kin]>([
    ['that made the requester’s', { [REQUESTER]: { makers: `access-bootstrap ${APPROVER}` } }],
    ['that the requester’s made', { [APPROVER]: { makers: `key_admin ${REQUESTER}` } }],
    ['that took the place of the requester’s', { [APPROVER]: { line: REQUESTER } }],
    ['whose place the requester’s took', { [REQUESTER]: { line: APPROVER } }],
    [
      'that comes of the same key as the requester’s',
      { [APPROVER]: { line: 'key_0' }, [REQUESTER]: { line: 'key_0' } },
    ],
    ['that a predecessor of the requester’s made', { [REQUESTER]: { line: 'key_0' }, [APPROVER]: { makers: 'key_0' } }],
  ])('%s is refused: both may be in one hand', async (_name, kin) => {
    const { desk, approved } = await decided({ kin });
    expect(approved).toEqual(['another_person', 'another_person']);
    expect(desk.items('approvals').map(({ status }) => status)).toEqual(['requested', 'requested']);
  });

  it.each<[string, string, string]>([
    ['a key that the first admin key made', 'key_0 key_first access-bootstrap', 'key_0 key_first access-bootstrap'],
    ['a key further up', 'key_1 key_0 key_first access-bootstrap', 'key_2 key_0 key_first access-bootstrap'],
    ['a key of which it is not known who made it', 'key_0', 'key_0'],
    ['an operator', OPERATOR, OPERATOR],
    ['an operator, further up', `key_1 ${OPERATOR}`, `key_2 ${OPERATOR}`],
  ])(
    'that came of the same maker as the requester’s, %s, is refused: who made both may hold both',
    async (...makers) => {
      const [, requester, approver] = makers;
      const kin = { [REQUESTER]: { makers: requester }, [APPROVER]: { makers: approver } };
      expect((await decided({ kin })).approved).toEqual(['another_person', 'another_person']);
    },
  );

  it.each<[string, string, string]>([
    ['both made by it', 'key_first access-bootstrap', 'key_first access-bootstrap'],
    ['each by a key of its own', 'key_1 key_first access-bootstrap', 'key_2 key_first access-bootstrap'],
    ['one rotated by another first key', 'key_2 key_first access-bootstrap', 'key_first access-bootstrap'],
    ['one that is a first key itself', 'access-bootstrap', 'access-bootstrap'],
  ])('that has nothing in common with the requester’s but the first admin key is taken, %s', async (...makers) => {
    const [, requester, approver] = makers;
    const kin = { [REQUESTER]: { makers: requester }, [APPROVER]: { makers: approver } };
    expect((await decided({ kin })).approved).toEqual([200, 200]);
  });

  it('that an operator made is refused where the operator asked', async () => {
    const { approved } = await decided({ kin: { [APPROVER]: { makers: OPERATOR } } }, OPERATOR);
    expect(approved).toEqual(['another_person', 'another_person']);
  });

  it('of what is asked never shows in answers what is known of the key that asked', async () => {
    const desk = await createKeyDesk({ kin: { [REQUESTER]: { line: 'key_line', makers: 'key_maker' } } });
    const { json } = await desk.requestExport((await recipientKeys()).publicJwk);
    expect(JSON.stringify(json)).not.toMatch(/key_line|key_maker/);
    expect(JSON.stringify(desk.items('ephemeral'))).not.toMatch(/key_line|key_maker/);
  });
});

describe('where operators decide', () => {
  it('two of them can', async () => {
    const { asked, approved } = await decided({ deciders: 'operators' }, OPERATOR, OTHER_OPERATOR);
    expect([asked, approved]).toEqual([
      [201, 201],
      [200, 200],
    ]);
  });

  it('no API key asks', async () => {
    const { desk, asked } = await decided({ deciders: 'operators' }, REQUESTER, OPERATOR);
    expect(asked).toEqual(['operators_only', 'operators_only']);
    expect(desk.items('approvals')).toEqual([]);
  });

  it('no API key approves', async () => {
    const { approved } = await decided({ deciders: 'operators' }, OPERATOR, APPROVER);
    expect(approved).toEqual(['operators_only', 'operators_only']);
  });

  it('nobody approves what an API key asked for before that was so', async () => {
    const desk = await createKeyDesk({ deciders: 'operators' });
    const before = await createKeyDesk();
    await before.requestExport((await recipientKeys()).publicJwk);
    const [row] = before.items('approvals');
    desk.dynamo.put('approvals', { ...row });
    const answer = await desk.approve(String(row?.['id']), OPERATOR);
    expect(answer.json).toMatchObject({ error: 'FORBIDDEN', details: { rule: 'operators_only' } });
  });
});
