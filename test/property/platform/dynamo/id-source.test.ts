import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IdSource, mergedSource, readPage, type Search } from '#shared/platform/dynamo/id-source.ts';

const RUNS = { seed: 20_261_125, numRuns: 500 };

interface Row {
  readonly id: string;
  readonly passes: boolean;
}

/** A source of fixed ids, as a partition with these sort keys would answer. */
function sourceOf(ids: readonly string[]): IdSource {
  const newestFirst = [...ids].sort().reverse();
  return async (before, limit) => newestFirst.filter((id) => before === undefined || id < before).slice(0, limit);
}

const idText = fc.nat({ max: 400 }).map((n) => `wal_${String(n).padStart(4, '0')}`);
const rows = fc.uniqueArray(fc.record({ id: idText, passes: fc.boolean() }), {
  selector: ({ id }) => id,
  maxLength: 120,
});

/** All rows of a list, read page by page as a client would. */
async function readAll(
  source: IdSource,
  byId: ReadonlyMap<string, Row>,
  limit: number,
  search?: Search,
): Promise<Row[]> {
  const all: Row[] = [];
  const load = async (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  let before: string | undefined;
  // A page moves on by at least one id, so more pages than ids would be a loop.
  for (let page = 0; page <= byId.size + 1; page += 1) {
    const { rows: found, lastId } = await readPage(source, load, (row) => row.passes, before, limit, search);
    expect(found.length).toBeLessThanOrEqual(limit);
    all.push(...found);
    if (lastId === undefined) return all;
    before = lastId;
  }
  throw new Error('The pages never end');
}

describe('readPage', () => {
  it('gives every row that passes the filter once, newest first, whatever the page size and the filter', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 25 }), async (list, limit) => {
        const byId = new Map(list.map((row) => [row.id, row]));
        const all = await readAll(sourceOf([...byId.keys()]), byId, limit);
        const wanted = list.filter(({ passes }) => passes).map(({ id }) => id);
        expect(all.map(({ id }) => id)).toEqual(wanted.sort().reverse());
      }),
      RUNS,
    );
  });

  it('gives the same rows when more ids are read at once than a page has, and some are passed over by their id', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 150 }),
        async (list, limit, idsAtOnce) => {
          const byId = new Map(list.map((row) => [row.id, row]));
          const accepts = (id: string) => id.endsWith('3') || id.endsWith('7');
          const all = await readAll(sourceOf([...byId.keys()]), byId, limit, { idsAtOnce, accepts });
          const wanted = list.filter(({ id, passes }) => passes && accepts(id)).map(({ id }) => id);
          expect(all.map(({ id }) => id)).toEqual(wanted.sort().reverse());
        },
      ),
      RUNS,
    );
  });

  it('gives the same rows when their ids are spread over several sources, some ids in more than one', async () => {
    const spread = fc.array(fc.nat({ max: 7 }), { minLength: 120, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(rows, spread, fc.integer({ min: 1, max: 25 }), async (list, places, limit) => {
        const byId = new Map(list.map((row) => [row.id, row]));
        const parts: string[][] = [[], [], []];
        for (const [index, { id }] of list.entries()) {
          for (const [bit, part] of parts.entries()) if (((places[index] ?? 0) || 1) & (1 << bit)) part.push(id);
        }
        const merged = await readAll(mergedSource(parts.map(sourceOf)), byId, limit);
        expect(merged).toEqual(await readAll(sourceOf([...byId.keys()]), byId, limit));
      }),
      RUNS,
    );
  });
});
