import { describe, expect, it } from 'vitest';
import type { AuditContent } from '#shared/audit/audit-entry.ts';
import { createEntryList, type EntryFilter } from '#shared/audit/list-entries.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createAnchorDesk, DAY_MS } from '#test/support/fakes/anchor-desk.ts';

const WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const OTHER = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB';
const KEY = 'key_01JD8Q4X7M5N2V9C3R6T0W1YZA';

interface Row extends Partial<AuditContent> {
  readonly stream: string;
  /** Milliseconds before now. */
  readonly ageMs?: number;
}

async function listOf(rows: readonly Row[]) {
  const desk = createAnchorDesk();
  const nowMs = desk.clock.now();
  for (const { stream, ageMs = 0, ...content } of rows) await desk.append(stream, content, nowMs - ageMs);
  const list = createEntryList(desk.client, 'audit', desk.clock.now);
  const sent = desk.aws.requests.length;
  return {
    desk,
    nowMs,
    /** One page. */
    page: (filter: EntryFilter, limit = 100, before?: string) => list.list(filter, before, limit),
    /** All pages, by what the entries are called. */
    async all(filter: EntryFilter, limit = 2) {
      const names: string[] = [];
      let before: string | undefined;
      for (let pages = 0; pages < 100; pages += 1) {
        const { rows: found, lastId } = await list.list(filter, before, limit);
        names.push(...found.map(({ request_id }) => request_id));
        if (lastId === undefined) return names;
        before = lastId;
      }
      throw new Error('The list does not end');
    },
    indexes: () =>
      desk.aws.requests
        .slice(sent)
        .flatMap(({ operation, body }) => (operation === 'Query' ? [body['IndexName']] : [])),
  };
}

describe('the list of a wallet', () => {
  const rows: readonly Row[] = [
    { stream: WALLET, request_id: 'created', ageMs: 4_000 },
    { stream: `policy:${WALLET}`, request_id: 'policy', ageMs: 3_000 },
    { stream: `access:${KEY}`, request_id: 'looked at', detail: { subject: WALLET }, ageMs: 2_000 },
    { stream: `access:${KEY}`, request_id: 'another looked at', detail: { subject: OTHER }, ageMs: 1_500 },
    { stream: OTHER, request_id: 'another', ageMs: 1_000 },
    { stream: 'tx_1', request_id: 'not about it', detail: { subject: WALLET }, ageMs: 500 },
    { stream: WALLET, request_id: 'used', action: 'key.used', actor: 'lane-worker' },
  ];

  it('has its own stream, its policy and who looked at it, newest first', async () => {
    const { all, indexes } = await listOf(rows);
    expect(await all({ wallet_id: WALLET })).toEqual(['used', 'looked at', 'policy', 'created']);
    expect(new Set(indexes())).toEqual(new Set(['gsi4']));
  });

  it('goes back as far as it goes, without a default', async () => {
    const { all } = await listOf([{ stream: WALLET, request_id: 'old', ageMs: 400 * DAY_MS }]);
    expect(await all({ wallet_id: WALLET })).toEqual(['old']);
  });

  it('can be narrowed by actor, action, severity and time', async () => {
    const { all, nowMs } = await listOf([
      ...rows,
      { stream: WALLET, request_id: 'refused', action: 'key.refused', severity: 'CRITICAL', actor: 'lane-worker' },
    ]);
    const wallet_id = WALLET;
    expect(await all({ wallet_id, action: 'key.used' })).toEqual(['used']);
    expect(await all({ wallet_id, actor: 'lane-worker' })).toEqual(['refused', 'used']);
    expect(await all({ wallet_id, severity: 'CRITICAL' })).toEqual(['refused']);
    const [from, to] = [isoTime(nowMs - 3_000), isoTime(nowMs - 2_000)];
    expect(await all({ wallet_id, from, to })).toEqual(['policy']);
    expect(await all({ wallet_id, from })).toEqual(['refused', 'used', 'looked at', 'policy']);
    expect(await all({ wallet_id, to: from })).toEqual(['created']);
  });
});

describe('the index that is read', () => {
  const rows: readonly Row[] = [
    { stream: WALLET, request_id: 'by key', actor: KEY, ageMs: 3 },
    { stream: 'tx_1', request_id: 'by worker', actor: 'lane-worker', ageMs: 2 },
    { stream: 'tx_2', request_id: 'grave', actor: 'lane-worker', severity: 'WARNING', ageMs: 1 },
  ];

  it.each<[string, EntryFilter, string, readonly string[]]>([
    ['of a principal', { actor: KEY }, 'gsi2', ['by key']],
    ['of a principal before that of a severity', { actor: KEY, severity: 'WARNING' }, 'gsi2', []],
    ['of a severity above INFO', { severity: 'WARNING' }, 'gsi3', ['grave']],
    ['by severity for a part of Haven', { actor: 'lane-worker', severity: 'WARNING' }, 'gsi3', ['grave']],
    ['by day for a part of Haven', { actor: 'lane-worker' }, 'gsi1', ['grave', 'by worker']],
    ['by day for what is harmless', { severity: 'INFO' }, 'gsi1', ['by worker', 'by key']],
    ['by day for an action', { action: 'wallet.created' }, 'gsi1', ['grave', 'by worker', 'by key']],
    ['by day for all', {}, 'gsi1', ['grave', 'by worker', 'by key']],
  ])('is that %s', async (_what, filter, index, names) => {
    const { all, indexes } = await listOf(rows);
    expect(await all(filter)).toEqual(names);
    expect(new Set(indexes())).toEqual(new Set([index]));
  });
});

describe('a list by day', () => {
  const daily = Array.from({ length: 40 }, (_, day) => ({
    stream: `tx_${day}`,
    request_id: `${day}`,
    ageMs: day * DAY_MS,
  }));

  it('goes back a month unless it is told from when', async () => {
    const { all, nowMs } = await listOf(daily);
    const days = (count: number) => Array.from({ length: count }, (_, day) => `${day}`);
    expect(await all({})).toEqual(days(32));
    expect(await all({ from: isoTime(nowMs - 39 * DAY_MS) })).toEqual(days(40));
    expect(await all({ from: isoTime(nowMs - 2 * DAY_MS), to: isoTime(nowMs - DAY_MS) })).toEqual(['2']);
  });

  it('reads a bounded number of days at once, and says where to go on', async () => {
    const { page, indexes, nowMs } = await listOf([{ stream: 'tx_1', ageMs: 30 * DAY_MS }]);
    const { rows, lastId } = await page({});
    expect(rows).toEqual([]);
    expect(lastId).toMatch(/T00:00:00\.000Z$/);
    expect(indexes().length).toBe(64);
    expect(Date.parse(lastId ?? '')).toBeLessThan(nowMs - 6 * DAY_MS);
  });

  it('gives each entry once, whatever the size of its pages', async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      stream: `tx_${index % 7}`,
      request_id: `${index}`,
      ageMs: (60 - index) * 1_700_000,
    }));
    const { all } = await listOf(many);
    const newestFirst = many.map(({ request_id }) => request_id).reverse();
    for (const limit of [1, 7, 100]) expect(await all({}, limit)).toEqual(newestFirst);
  });
});

it('entries of one stream and millisecond come in their order', async () => {
  const { all } = await listOf(Array.from({ length: 12 }, (_, index) => ({ stream: WALLET, request_id: `${index}` })));
  expect(await all({ wallet_id: WALLET }, 5)).toEqual(Array.from({ length: 12 }, (_, index) => `${11 - index}`));
});

it('what is no entry any more is left to the verification', async () => {
  const { desk, all } = await listOf([
    { stream: WALLET, request_id: 'first' },
    { stream: WALLET, request_id: 'second' },
  ]);
  const [, second] = desk.itemsOf(WALLET);
  desk.dynamo.put('audit', { ...second, severity: 'HARMLESS' });
  expect(await all({ wallet_id: WALLET })).toEqual(['first']);
});
