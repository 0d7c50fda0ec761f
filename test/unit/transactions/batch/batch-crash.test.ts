import { describe, expect, it } from 'vitest';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { MAX_BATCH_INTENTS } from '#shared/transactions/batch/batch-record.ts';
import { createBatchDesk, type Death, intent, OTHER_WALLET } from '#test/support/fakes/batch-desk.ts';
import { batchTraces, brokenBatchLaws } from '#test/support/fakes/batch-laws.ts';

const INTENTS = Array.from({ length: MAX_BATCH_INTENTS }, (_, n) =>
  intent({ value: String(n), reference: `r-${n}`, ...(n % 3 === 0 ? { walletId: OTHER_WALLET.id } : {}) }),
);
const ALL = { answers: 1, references: MAX_BATCH_INTENTS, transactions: MAX_BATCH_INTENTS, open: 0 };
const NOTHING = { answers: 0, references: 0, transactions: 0, open: 0 };
/** Longer than it takes for a batch to count as abandoned. */
const A_MINUTE_MS = 60_000;

/** Calls of an undisturbed run, counted rather than known, so that no point is left out when the code changes. */
async function callsOf(
  run: (process: ReturnType<ReturnType<typeof createBatchDesk>['process']>) => Promise<unknown>,
  desk = createBatchDesk(),
) {
  const process = desk.process();
  await run(process);
  return process.calls();
}

function deathsAt(calls: number): Death[] {
  return Array.from({ length: calls }, (_, atCall) =>
    [false, true].map((tookEffect) => ({ atCall, tookEffect })),
  ).flat();
}

const ignore = () => undefined;

/** The calls of accepting: two wallets, the commit, two parts. */
const ACCEPT_CALLS = await callsOf((process) => process.accept(INTENTS));

/** A batch that was committed, and nothing more. */
async function leftOpen() {
  const desk = createBatchDesk();
  await desk.process({ atCall: 2, tookEffect: true }).accept(INTENTS).catch(ignore);
  desk.clock.advance(A_MINUTE_MS);
  expect(batchTraces(desk.dynamo)).toEqual({ ...ALL, transactions: 0, open: 1 });
  return desk;
}

describe('kill -9 of whoever accepts a batch', () => {
  it('is tried at every access to AWS', () => {
    expect(ACCEPT_CALLS).toBe(5);
  });

  it.each(deathsAt(ACCEPT_CALLS))(
    'at call $atCall (had its effect: $tookEffect): all or nothing, at once and after the next schedule',
    async (death) => {
      const desk = createBatchDesk();
      await desk.process(death).accept(INTENTS).catch(ignore);
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      const isAccepted = batchTraces(desk.dynamo).answers === 1;
      desk.clock.advance(A_MINUTE_MS);
      await desk.process().finishOpen();
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      expect(batchTraces(desk.dynamo)).toEqual(isAccepted ? ALL : NOTHING);
    },
  );

  it.each(deathsAt(ACCEPT_CALLS))(
    'at call $atCall (had its effect: $tookEffect), then the client tries again with its key: all, once',
    async (death) => {
      const desk = createBatchDesk();
      await desk.process(death).accept(INTENTS).catch(ignore);
      const wasAccepted = batchTraces(desk.dynamo).answers === 1;
      const again = await desk
        .process()
        .accept(INTENTS)
        .catch((error: unknown) => error);
      expect(again instanceof IdempotentReplay).toBe(wasAccepted);
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      expect(batchTraces(desk.dynamo)).toEqual(ALL);
    },
  );
});

describe('kill -9 of whoever finishes a batch that was left open', () => {
  it('at every access to AWS: the next run goes on where it stopped', async () => {
    const calls = await callsOf((process) => process.finishOpen(), await leftOpen());
    expect(calls).toBe(4);
    for (const death of deathsAt(calls)) {
      const desk = await leftOpen();
      await desk.process(death).finishOpen().catch(ignore);
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      await desk.process().finishOpen();
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      expect(batchTraces(desk.dynamo)).toEqual(ALL);
    }
  });
});

describe('finishing open batches', () => {
  it('kicks every lane of the batch once', async () => {
    const desk = await leftOpen();
    expect(await desk.process().finishOpen()).toBe(1);
    expect(desk.calls).toHaveLength(2);
    expect(desk.log.of('BATCH_FINISHED')).toMatchObject([{ transactions: MAX_BATCH_INTENTS }]);
    expect(await desk.process().finishOpen()).toBe(0);
    expect(desk.calls).toHaveLength(2);
  });

  it('leaves a young one to whoever accepted it', async () => {
    const desk = createBatchDesk();
    await desk.process({ atCall: 2, tookEffect: true }).accept(INTENTS).catch(ignore);
    expect(await desk.process().finishOpen()).toBe(0);
    expect(batchTraces(desk.dynamo)).toMatchObject({ transactions: 0, open: 1 });
  });

  it('by many at once stores every member once', async () => {
    const desk = await leftOpen();
    await Promise.all(Array.from({ length: 5 }, () => desk.process().finishOpen()));
    expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
    expect(batchTraces(desk.dynamo)).toEqual(ALL);
    expect(desk.log.of('BATCH_LEFT_OPEN')).toEqual([]);
  });

  it('is held up by no batch that cannot be read', async () => {
    const desk = await leftOpen();
    desk.dynamo.put('ledger', { pk: 'BATCH#bat_0', sk: 'BATCH', gsi1pk: 'OPEN_BATCHES', gsi1sk: 'bat_0' });
    expect(await desk.process().finishOpen()).toBe(1);
    expect(desk.log.of('BATCH_LEFT_OPEN')).toMatchObject([{ batch_id: 'bat_0' }]);
  });
});
