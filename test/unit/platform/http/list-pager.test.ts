import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

const pager = createListPager(async () => 'signing key of this stage');
const otherStage = createListPager(async () => 'signing key of another stage');

async function cursorOf(list: string, filter: object, lastId = 'wal_2'): Promise<string> {
  const page = await pager.page(list, filter, undefined, async () => ({ rows: [], lastId }));
  if (page.next_cursor === null) throw new Error('The page has no cursor');
  return page.next_cursor;
}

/** Where a page begins that is asked for with a cursor. */
async function startOf(list: string, filter: object, cursor: string, from = pager): Promise<string | undefined> {
  let start: string | undefined;
  await from.page(list, filter, cursor, async (before) => {
    start = before;
    return { rows: [], lastId: undefined };
  });
  return start;
}

describe('createListPager', () => {
  it('reads the first page from the beginning, and ends where the list does', async () => {
    const page = await pager.page('wallets', {}, undefined, async (before) => {
      expect(before).toBeUndefined();
      return { rows: [{ id: 'wal_1' }], lastId: undefined };
    });
    expect(page).toEqual({ data: [{ id: 'wal_1' }], next_cursor: null });
  });

  it('goes on after the last id of the page before', async () => {
    expect(await startOf('wallets', { status: 'active' }, await cursorOf('wallets', { status: 'active' }))).toBe(
      'wal_2',
    );
  });

  it('does not mind the order or the absence of filters', async () => {
    const cursor = await cursorOf('wallets', { a: '1', b: '2', c: undefined });
    expect(await startOf('wallets', { b: '2', a: '1' }, cursor)).toBe('wal_2');
  });

  it('does not show the position to who does not look for it', async () => {
    expect(await cursorOf('wallets', {})).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['of another list', 'transactions', { status: 'active' }, pager],
    ['of another filter', 'wallets', { status: 'revoked' }, pager],
    ['of no filter', 'wallets', {}, pager],
    ['of another stage', 'wallets', { status: 'active' }, otherStage],
  ])('refuses a cursor %s', async (_name, list, filter, from) => {
    const cursor = await cursorOf('wallets', { status: 'active' });
    const error = await caughtLater(HavenError, () => startOf(list, filter, cursor, from));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'query.cursor' }] } });
  });
});
