import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { OutOfTime, rowsOfPartitions } from '#shared/platform/dynamo/rows-of-partitions.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const BUDGET_MS = 1_000;

/** So many rows of partition `a`, each answered after so long. */
function open(rows: number, answerMs = 0) {
  const dynamo = createMemoryDynamo({ t: ['pk', 'sk'] });
  const clock = createFakeClock();
  for (let row = 0; row < rows; row += 1) {
    dynamo.put('t', { pk: `row ${row}`, sk: 'ROW', gsi2pk: 'a', gsi2sk: String(row).padStart(4, '0') });
  }
  const aws = createScriptedAws((request) => {
    clock.advance(answerMs);
    return dynamo.answer(request);
  });
  const read = () =>
    rowsOfPartitions(scriptedDocumentClient(aws), 't', 'gsi2', ['a', 'b'], Deadline.in(BUDGET_MS, clock.now));
  return { dynamo, read, operations: () => aws.requests.map(({ operation }) => operation) };
}

async function sizes(pages: AsyncIterable<readonly unknown[]>): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const page of pages) found.push(page.length);
  return found;
}

describe('rows of partitions', () => {
  it('come a hundred at a time', async () => {
    const { read, operations } = open(250);
    expect(await sizes(read())).toEqual([100, 100, 50]);
    expect(operations()).toEqual(['Query', 'BatchGetItem', 'BatchGetItem', 'BatchGetItem', 'Query']);
  });

  it('are not read before they are asked for', async () => {
    const { read, operations } = open(250);
    await read().next();
    expect(operations()).toEqual(['Query', 'BatchGetItem']);
  });

  it('come once, though they move on to the next partition meanwhile', async () => {
    const { dynamo, read } = open(2);
    const pages = read();
    expect((await pages.next()).value).toHaveLength(2);
    dynamo.put('t', { pk: 'row 1', sk: 'ROW', gsi2pk: 'b', gsi2sk: '0001' });
    dynamo.put('t', { pk: 'row 2', sk: 'ROW', gsi2pk: 'b', gsi2sk: '0002' });
    expect((await pages.next()).value).toMatchObject([{ pk: 'row 2' }]);
    expect((await pages.next()).done).toBe(true);
  });

  it('are not asked for after the deadline: whoever reads is told that there are more', async () => {
    const { read, operations } = open(250, BUDGET_MS / 2);
    const pages = read();
    expect((await pages.next()).value).toHaveLength(100);
    await expect(pages.next()).rejects.toThrow(OutOfTime);
    expect(operations()).toEqual(['Query', 'BatchGetItem']);
  });
});
