import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { auditHeadOf, custodyStateSchema } from '#shared/custody/custody-state.ts';
import { RESERVED_TAG_ERROR } from '#shared/custody/reserved-tags.ts';
import { createWalletRoute } from '#shared/custody/routes.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletOffice } from '#test/support/fakes/wallet-office.ts';

describe('PATCH /admin/wallets/{id}', () => {
  it('changes label and tags, the index of tags and the audit stream at once', async () => {
    const { patch, row, tagPlaces, entries, stored } = await createWalletOffice();
    const answer = await patch({ label: 'payouts', tags: { region: 'us', team: 'a', tier: '1' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['ETag']).toBe('"v2"');
    const tags = { region: 'us', team: 'a', tier: '1' };
    expect(answer.json).toEqual({ ...stored, label: 'payouts', tags, version: 2 });
    expect(row('WALLET')).toMatchObject({ label: 'payouts', tags, version: 2, gsi1sk: stored.id });
    expect(tagPlaces()).toEqual(['WALLET_TAG#region=us', 'WALLET_TAG#team=a', 'WALLET_TAG#tier=1']);
    const custody = custodyStateSchema.parse(row('CUSTODY'));
    const written = await entries();
    expect(firstBreak(stored.id, written, auditHeadOf(custody))).toBeNull();
    expect(written).toMatchObject([
      { action: 'wallet.created' },
      {
        action: 'wallet.changed',
        actor: 'key_tester',
        severity: 'INFO',
        detail: {
          label: { from: 'main', to: 'payouts' },
          tags: { from: { region: 'eu' }, to: { region: 'us', tier: '1' } },
        },
      },
    ]);
  });

  it('leaves what it does not name as it is, and takes a label away by null', async () => {
    const { patch, tagPlaces, entries } = await createWalletOffice();
    expect((await patch({ label: null })).json).toMatchObject({ label: null, tags: { region: 'eu', team: 'a' } });
    expect((await patch({ tags: {} })).json).toMatchObject({ label: null, tags: {}, version: 3 });
    expect(tagPlaces()).toEqual([]);
    expect(await entries()).toMatchObject([
      { action: 'wallet.created' },
      { detail: { label: { from: 'main', to: null } } },
      { detail: { tags: { from: { region: 'eu', team: 'a' }, to: {} } } },
    ]);
  });

  it.each([{}, { label: 'main' }, { tags: { team: 'a', region: 'eu' } }])(
    'writes nothing when %j is so already',
    async (body) => {
      const { patch, entries } = await createWalletOffice();
      expect((await patch(body)).json).toMatchObject({ version: 1 });
      expect(await entries()).toHaveLength(1);
    },
  );

  it('honours If-Match, and writes nothing of another version', async () => {
    const { patch, row, tagPlaces } = await createWalletOffice();
    const refused = await patch({ tags: {} }, { headers: { 'If-Match': '"v9"' } });
    expect([refused.statusCode, refused.json.error]).toEqual([412, 'VERSION_MISMATCH']);
    expect([row('WALLET')?.['version'], tagPlaces().length]).toEqual([1, 2]);
    expect((await patch({ tags: {} }, { headers: { 'If-Match': '"v1"' } })).statusCode).toBe(200);
  });

  it('of many at once lets one with the same If-Match win', async () => {
    const { patch, entries } = await createWalletOffice();
    const headers = { 'If-Match': '"v1"' };
    const rivals = Array.from({ length: 8 }, (_, n) => patch({ label: `name ${n}` }, { headers }));
    const statuses = (await Promise.all(rivals)).map(({ statusCode }) => statusCode);
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    expect(await entries()).toHaveLength(2);
  });

  it('of many at once without it loses none, and the index is as the last one says', async () => {
    const { patch, row, tagPlaces, entries, stored } = await createWalletOffice();
    await Promise.all(Array.from({ length: 8 }, (_, n) => patch({ tags: { [`k${n}`]: 'v', n: String(n) } })));
    const wallet = row('WALLET');
    expect(wallet?.['version']).toBe(9);
    const tags = Object.entries(wallet?.['tags'] ?? {});
    expect(tagPlaces()).toEqual(tags.map(([key, value]) => `WALLET_TAG#${key}=${String(value)}`).toSorted());
    const custody = custodyStateSchema.parse(row('CUSTODY'));
    expect(firstBreak(stored.id, await entries(), custody)).toBeNull();
  });

  it('needs the scope to write, and is on record', async () => {
    const { patch } = await createWalletOffice();
    expect((await patch({ label: 'x' }, { scopes: 'custody:read' })).statusCode).toBe(403);
  });

  it('of a wallet that is not there is 404', async () => {
    const { patch } = await createWalletOffice();
    const params = { id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZZ' };
    expect((await patch({ label: 'x' }, { params })).json).toMatchObject({ error: 'WALLET_NOT_FOUND' });
  });

  it.each<[string, object, string, string]>([
    ['a field it does not know', { paused: true }, 'UNKNOWN_FIELD', 'body.paused'],
    ['what never changes', { purpose: 'user' }, 'UNKNOWN_FIELD', 'body.purpose'],
    ['an empty label', { label: '' }, 'INVALID_PARAMETER', 'body.label'],
    ['a long label', { label: 'x'.repeat(101) }, 'INVALID_PARAMETER', 'body.label'],
    ['a label of another type', { label: 5 }, 'INVALID_PARAMETER', 'body.label'],
    ['tags that are null', { tags: null }, 'INVALID_PARAMETER', 'body.tags'],
    ['a tag of another type', { tags: { a: 1 } }, 'INVALID_PARAMETER', 'body.tags.a'],
    [
      'a tag key that the SDK stumbles over',
      { tags: { constructor: '1' } },
      'INVALID_PARAMETER',
      'body.tags.constructor',
    ],
    ['a tag key in capitals', { tags: { Region: 'eu' } }, 'INVALID_PARAMETER', 'body.tags.Region'],
    [
      'eleven tags',
      { tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, 'v'])) },
      'INVALID_PARAMETER',
      'body.tags',
    ],
  ])('refuses %s', async (_name, body, error, field) => {
    const { patch, row } = await createWalletOffice();
    expect((await patch(body)).json).toMatchObject({ status: 400, error, details: { fields: [{ field }] } });
    expect(row('WALLET')).toMatchObject({ version: 1 });
  });

  it.each([
    ['hex', 'ab'.repeat(32)],
    ['hex with separators', Array.from({ length: 32 }, () => 'ab').join(' ')],
    ['base64', 'q6urQ6urZ6urq6urX6urq6urq6urq6urq6urq6urq6s'],
    ['decimal', '7'.repeat(60)],
    ['a phrase', 'art bus cat dog egg fan gap hat ice job key lab'],
  ])('refuses a label and a tag that look like a key in %s, and does not repeat it', async (_name, secret) => {
    const { patch, row } = await createWalletOffice();
    for (const body of [{ label: secret }, { tags: { note: secret.slice(0, 64) } }]) {
      const { json, body: text } = await patch(body);
      expect(json).toMatchObject({ status: 400, error: 'INVALID_PARAMETER' });
      expect(text).not.toContain(secret.slice(0, 20));
    }
    expect(row('WALLET')).toMatchObject({ version: 1 });
  });

  it.each<[string, Record<string, string>]>([
    ['in one tag, with other separators', { note: 'art-bus-cat-dog-egg-fan-gap-hat-ice-job-key-lab' }],
    [
      'in two tags, numbered',
      { a: '1 art 2 bus 3 cat 4 dog 5 egg 6 fan', b: '7.gap 8.hat 9.ice 10.job 11.key 12.lab' },
    ],
    [
      'in two tags, as one is too short for most',
      { a: 'about above abstract absent accident', b: 'able acid act add adult agent air' },
    ],
    ['in four tags', { a: 'art bus cat', b: 'dog egg fan', c: 'gap hat ice', d: 'job key lab' }],
  ])('refuses a phrase %s, and does not repeat it', async (_name, tags) => {
    const { patch, row } = await createWalletOffice();
    const { json, body: text } = await patch({ tags });
    expect(json).toMatchObject({ status: 400, details: { fields: [{ field: 'body.tags' }] } });
    for (const value of Object.values(tags)) expect(text).not.toContain(value);
    expect(row('WALLET')).toMatchObject({ version: 1 });
  });

  it('takes tags of a few words for what they are', async () => {
    const { patch } = await createWalletOffice();
    const words = ['cold storage', 'north sea', 'till two', 'team red', 'group one', 'tier gold', 'shop south'];
    const tags = Object.fromEntries(words.map((value, nth) => [`k${nth}`, value]));
    expect((await patch({ tags })).json).toMatchObject({ tags });
  });

  it('takes an address for what it is', async () => {
    const { patch } = await createWalletOffice();
    const label = 'formerly 0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    expect((await patch({ label })).json).toMatchObject({ label });
  });
});

describe('the tag by which a user is found', () => {
  const user_id = 'usr_01JD8Q4X7M5N2V9C3R6T0W1YZA';
  const own = { tags: { user_id, team: 'a' } };

  it('stays with the wallet whatever else its tags become, and may be sent back as it was read', async () => {
    const { patch, tagPlaces } = await createWalletOffice(own);
    expect((await patch({ tags: { team: 'b' } })).json).toMatchObject({ tags: { user_id, team: 'b' }, version: 2 });
    expect((await patch({ tags: {} })).json).toMatchObject({ tags: { user_id }, version: 3 });
    expect((await patch({ tags: { user_id, team: 'c' } })).json).toMatchObject({ tags: { user_id, team: 'c' } });
    expect(tagPlaces()).toEqual(['WALLET_TAG#team=c', `WALLET_TAG#user_id=${user_id}`]);
  });

  it('does not count among the ten that people give', async () => {
    const { patch } = await createWalletOffice(own);
    const ten = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, 'v']));
    expect((await patch({ tags: ten })).json).toMatchObject({ tags: { ...ten, user_id } });
    expect((await patch({ tags: { ...ten, user_id } })).json).toMatchObject({ version: 2 });
  });

  it.each<[string, Partial<Wallet>, string]>([
    ['gets no other value', own, 'usr_01JD8Q4X7M5N2V9C3R6T0W1YZB'],
    ['gets no empty one', own, ' '],
    ['is not given to a wallet that has none', {}, user_id],
  ])('%s: 400 names the field, and nothing is written', async (_name, wallet, value) => {
    const { patch, row, entries } = await createWalletOffice(wallet);
    expect((await patch({ tags: { user_id: value } })).json).toMatchObject({
      status: 400,
      error: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.tags.user_id', message: 'is a tag that only Haven gives' }] },
    });
    expect(row('WALLET')).toMatchObject({ version: 1 });
    expect(await entries()).toHaveLength(1);
  });

  it('is refused of a wallet that is yet to be made', () => {
    const { error } = createWalletRoute.body.safeParse({ purpose: 'user', tags: { user_id } });
    expect(error?.issues).toMatchObject([{ path: ['tags', 'user_id'], message: RESERVED_TAG_ERROR }]);
  });
});
