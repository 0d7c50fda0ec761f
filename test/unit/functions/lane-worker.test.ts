import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/lane-worker/handler.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { PASS_BUDGET_MS } from '#shared/transactions/lane/driver.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { TEST_RECIPIENT } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingKicker } from '#test/support/fakes/recording-kicker.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_LANE } from '#test/support/model/lane-ledger.ts';

const LANE = MODEL_LANE;
const OTHER_LANE = { ...MODEL_LANE, address: TEST_RECIPIENT };
const kick = (lane: LaneKey, cause = 'accept') => ({ lane, cause });
/** Blocks far apart: a run ends after its broadcast, with work due in six seconds. */
const SLOW_CHAIN = { block_time_ms: 12_000 };
/** What a function keeps back of its time. */
const MARGIN_MS = 3_000;

/** A worker around one bench; lanes named in `broken` fail to load. */
function working(options: { readonly chain?: { block_time_ms: number }; readonly broken?: readonly LaneKey[] } = {}) {
  const loads: string[] = [];
  const bench = createLaneBench({
    ...(options.chain === undefined ? {} : { chain: options.chain }),
    store: (real) => ({
      load(key) {
        loads.push(key.address);
        const isBroken = options.broken?.some(({ address }) => address === key.address) === true;
        return isBroken ? Promise.reject(new HavenError('DATABASE_ERROR', 'no')) : real.load(key);
      },
    }),
  });
  const { kicker, calls } = createRecordingKicker();
  const held: string[][] = [];
  let releases = 0;
  const hold = {
    keep(messages: readonly { readonly messageId: string }[]) {
      held.push(messages.map(({ messageId }) => messageId));
      return () => {
        releases += 1;
      };
    },
  };
  const removed: string[][] = [];
  const finished = {
    async remove(messages: readonly { readonly messageId: string }[]) {
      removed.push(messages.map(({ messageId }) => messageId));
    },
  };
  const handler = createHandler({ ...bench.deps, kicker, hold, finished });
  const handle = (bodies: readonly unknown[], remainingMs = 60_000) =>
    handler(sqsEvent(bodies), lambdaContext(remainingMs));
  return { bench, loads, calls, held, removed, handler, handle, releases: () => releases };
}

const failures = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('a batch of kicks', () => {
  it('works a lane once, however often it was kicked', async () => {
    const { handle, loads } = working();
    expect(await handle([kick(LANE), kick(LANE, 'schedule'), kick(LANE, 'wake')])).toEqual(failures());
    expect(loads).toHaveLength(1);
  });

  it('takes a lane’s name for the same in whatever case its address is', async () => {
    const { handle, loads } = working();
    await handle([kick(LANE), kick({ ...LANE, address: LANE.address.toLowerCase() })]);
    expect(loads).toHaveLength(1);
  });

  it('works every lane that it names', async () => {
    const { handle, loads } = working();
    await handle([kick(LANE), kick(OTHER_LANE)]);
    expect(loads).toEqual([LANE.address, OTHER_LANE.address]);
  });

  it('gives a lane’s messages up as soon as that lane is done, when others of the batch may take longer', async () => {
    const { handle, removed } = working();
    await handle([kick(LANE), kick(OTHER_LANE), kick(LANE)]);
    expect(removed.map((ids) => ids.length).toSorted()).toEqual([1, 2]);
  });

  it('leaves the messages of its only lane to Lambda, and those of a broken lane to the queue', async () => {
    const alone = working();
    await alone.handle([kick(LANE), kick(LANE)]);
    expect(alone.removed).toEqual([]);
    const broken = working({ broken: [LANE, OTHER_LANE] });
    await broken.handle([kick(LANE), kick(OTHER_LANE)]);
    expect(broken.removed).toEqual([]);
  });

  it('of nothing does nothing', async () => {
    const { handle, loads } = working();
    expect(await handle([])).toEqual(failures());
    expect(loads).toEqual([]);
  });

  it('that is none is a fault, not an empty batch', async () => {
    await expect(working().handler({ source: 'aws.events' }, lambdaContext())).rejects.toThrow();
  });
});

describe('how a run ended', () => {
  it('at rest asks for nothing more', async () => {
    const { handle, calls, bench } = working();
    bench.accept(1);
    await handle([kick(LANE)]);
    expect(bench.transaction(1).status).toBe('confirmed');
    expect(calls).toEqual([]);
  });

  it('with work due later asks to be woken then', async () => {
    const { handle, calls, bench } = working({ chain: SLOW_CHAIN });
    bench.accept(1);
    await handle([kick(LANE)]);
    expect(calls).toEqual([{ kind: 'wake', lane: LANE, delayMs: 6_000 }]);
  });

  it('cut short by its time kicks its lane again', async () => {
    const { handle, calls, bench } = working();
    bench.accept(1);
    await handle([kick(LANE)], MARGIN_MS + PASS_BUDGET_MS - 1);
    expect(calls).toEqual([{ kind: 'kick', lane: LANE, cause: 'unfinished' }]);
    expect(bench.transaction(1).status).toBe('queued');
  });

  it('is in the log, with why it began and how many kicks it served', async () => {
    const { handle, bench } = working({ chain: SLOW_CHAIN });
    bench.accept(1);
    await handle([kick(LANE, 'schedule'), kick(LANE)]);
    expect(bench.log.of('LANE_RUN')).toMatchObject([
      { cause: 'schedule', kicks: 2, ended: 'due', due_in_ms: 6_000, invocation_id: 'invocation-1' },
    ]);
  });

  it('names its invocation in what it writes into audit streams', async () => {
    const { handle, bench } = working();
    bench.accept(1);
    await handle([kick(LANE)]);
    const entries = bench.ledger.streams.get(bench.transaction(1).id) ?? [];
    expect(new Set(entries.slice(1).map(({ request_id }) => request_id))).toEqual(new Set(['invocation-1']));
  });
});

describe('a lane that fails', () => {
  it('gives back all of its messages, and the others are done', async () => {
    const { handle, bench } = working({ broken: [OTHER_LANE] });
    bench.accept(1);
    const answer = await handle([kick(OTHER_LANE), kick(LANE), kick(OTHER_LANE)]);
    expect(answer).toEqual(failures('m1', 'm3'));
    expect(bench.transaction(1).status).toBe('confirmed');
    expect(bench.log.of('LANE_FAILED')).toHaveLength(1);
    expect(bench.metrics.counts()).toMatchObject({ LaneRunFailed: 1 });
  });
});

describe('a message that cannot be read', () => {
  it.each([
    ['no JSON', '{'],
    ['no lane', { cause: 'accept' }],
    ['a lane without a chain', { lane: { address: LANE.address }, cause: 'accept' }],
    ['an unknown cause', { lane: LANE, cause: 'because' }],
  ])('goes back, to end where people look, and stops nobody: %s', async (_name, body) => {
    const { handle, bench } = working();
    bench.accept(1);
    expect(await handle([body, kick(LANE)])).toEqual(failures('m1'));
    expect(bench.log.of('UNREADABLE_KICK')).toMatchObject([{ message_id: 'm1' }]);
    expect(bench.transaction(1).status).toBe('confirmed');
  });
});

describe('the hold on messages', () => {
  it('is on those that are worked, and ends with the work', async () => {
    const { handle, held, releases } = working();
    await handle([kick(LANE), '{']);
    expect(held).toEqual([['m1']]);
    expect(releases()).toBe(1);
  });

  it('ends when the work fails', async () => {
    const { handle, releases } = working({ broken: [LANE] });
    await handle([kick(LANE)]);
    expect(releases()).toBe(1);
  });
});
