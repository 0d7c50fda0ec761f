import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refusal } from '#test/support/fakes/fake-chain.ts';
import { openScanDesk } from '#test/support/fakes/scan-desk.ts';

describe('what is asked at once', () => {
  it('is halved as long as endpoints say that it is too much, and grows again', async () => {
    const desk = await openScanDesk();
    for (let n = 0; n < 60; n += 1) desk.chain.mine();
    const asked: number[] = [];
    desk.chain.lie(({ method, params }) => {
      if (method !== 'eth_getLogs') return undefined;
      const { fromBlock, toBlock } = z.object({ fromBlock: z.string(), toBlock: z.string() }).parse(params[0]);
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      asked.push(blocks);
      return blocks > 6 ? refusal('query exceeds max block range 6') : undefined;
    });
    expect(await desk.scan()).toMatchObject({ blocks: 60 });
    expect(asked.slice(0, 4)).toEqual([20, 10, 5, 6]);
  });

  it('covers every block once', async () => {
    const desk = await openScanDesk();
    for (let n = 0; n < 45; n += 1) desk.chain.mine();
    await desk.scan();
    const blocks = desk.chain.asked
      .flat()
      .filter(({ method, params }) => method === 'eth_getBlockByNumber' && params[1] === true)
      .map(({ params }) => Number(params[0]));
    expect(blocks).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });

  it('ends with the time that there is, and the next pass goes on', async () => {
    const desk = await openScanDesk();
    for (let n = 0; n < 45; n += 1) desk.chain.mine();
    desk.chain.before(() => desk.clock.advance(9_000));
    const report = await desk.scan();
    expect(report).toMatchObject({ cutOff: true });
    expect(report?.blocks).toBeGreaterThan(0);
    desk.chain.before(() => undefined);
    expect(await desk.scan()).toMatchObject({ blocks: 45 - (report?.blocks ?? 0), cutOff: false });
  });
});
