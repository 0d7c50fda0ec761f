import { describe, expect, it } from 'vitest';
import { HEAD_CHECK_MS } from '#shared/platform/chain/endpoint-pool.ts';
import type { RpcCall } from '#shared/platform/chain/json-rpc.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { atHead, beside, endpoint, headIs, methodsOf, poolOf } from '#test/support/fakes/endpoint-pool.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered } from '#test/support/fakes/fake-rpc.ts';

/** As the pools of these tests have it. */
const POOL_BLOCK_MS = 12_000;
const ASK_HEAD: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
const CALL: RpcCall = { method: 'eth_call', params: ['0x01'] };

describe('an endpoint whose head is from the future', () => {
  const AHEAD_S = 900;
  const nowSeconds = TEST_NOW_MS / 1_000;
  const inFuture = (name: string, aheadSeconds: () => number, number = 100) =>
    endpoint((calls) =>
      calls.map(({ method }) =>
        method === 'eth_getBlockByNumber' ? headIs(number, nowSeconds + aheadSeconds()) : answered(name),
      ),
    );

  it('is not used for that look while another is, said once, and used again when it has come back', async () => {
    let ahead = AHEAD_S + 1;
    const { ask, clock, log, metrics } = poolOf([inFuture('a', () => ahead), atHead('b', () => 100)]);
    expect(await ask(ASK_HEAD)).toEqual(headIs(100));
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(await ask(ASK_HEAD)).toEqual(headIs(100));
    expect(log.of('RPC_ENDPOINT_AHEAD')).toMatchObject([{ endpoint: 'a', seconds: AHEAD_S + 1 }]);
    expect(metrics.counts()).toEqual({ RpcHeadFromFuture: 1 });
    ahead = 15;
    clock.advance(HEAD_CHECK_MS);
    await ask(CALL);
    await beside();
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('is used when it is as much ahead as clocks may be, and when there is no other', async () => {
    const { ask, log } = poolOf([inFuture('a', () => AHEAD_S), atHead('b', () => 100)]);
    expect(await ask(ASK_HEAD)).toEqual(headIs(100, nowSeconds + AHEAD_S));
    expect(log.of('RPC_ENDPOINT_AHEAD')).toEqual([]);
    const only = poolOf([inFuture('a', () => AHEAD_S + 1)]);
    expect(await only.ask(ASK_HEAD)).toEqual(headIs(100, nowSeconds + AHEAD_S + 1));
    expect(only.log.of('RPC_ENDPOINT_AHEAD')).toHaveLength(1);
  });

  it('does not make the others look late by the height that it claims', async () => {
    const { ask, log } = poolOf([inFuture('a', () => AHEAD_S + 1, 1_000_000), atHead('b', () => 100)]);
    expect(await ask(ASK_HEAD)).toEqual(headIs(100));
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(log.of('RPC_ENDPOINT_LAGS')).toEqual([]);
  });
});

describe('an endpoint at a height that nobody else comes near', () => {
  const settled = async (pool: ReturnType<typeof poolOf>) => {
    await pool.ask(ASK_HEAD);
    await beside();
    return pool;
  };

  it.each([0, 1, 2])(
    'is not used while another is, wherever it is listed, and makes no other late: place %i',
    async (place) => {
      const honest = ['b', 'c'].map((name) => atHead(name, () => 100));
      const { ask, rpc, within, log } = await settled(
        poolOf(
          honest.toSpliced(
            place,
            0,
            atHead('liar', () => 9_999),
          ),
        ),
      );
      expect(await ask(ASK_HEAD)).toEqual(headIs(100));
      expect(await ask(CALL)).toEqual(answered('b'));
      const names = ['a', 'b', 'c'].toSpliced(place, 1);
      const other = await rpc.askOther?.(new Set(names.slice(0, 1)), [CALL], ([outcome]) => outcome, within);
      expect(other).toMatchObject({ value: answered('c') });
      expect(log.of('RPC_ENDPOINT_FAR_AHEAD')).toMatchObject([{ endpoint_index: place, blocks: 9_899 }]);
    },
  );

  it('is used again when it has come back', async () => {
    let head = 9_999;
    const { ask, clock } = await settled(
      poolOf([atHead('a', () => head), atHead('b', () => 100), atHead('c', () => 100)]),
    );
    expect(await ask(CALL)).toEqual(answered('b'));
    head = 101;
    clock.advance(HEAD_CHECK_MS);
    await ask(CALL);
    await beside();
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('is not one that is as far ahead as an endpoint may be, nor as blocks have come since the others were asked', async () => {
    let head = 103;
    const others = [atHead('b', () => 100), atHead('c', () => 100)];
    const { ask, clock, log } = await settled(poolOf([atHead('a', () => head), ...others]));
    expect(await ask(ASK_HEAD)).toEqual(headIs(103));
    head = 104;
    clock.advance(HEAD_CHECK_MS - 1);
    expect(await ask(ASK_HEAD)).toEqual(headIs(104));
    expect(log.of('RPC_ENDPOINT_FAR_AHEAD')).toEqual([]);
  });

  it('is not the one that goes on where two others stand still: these are late, and it is used', async () => {
    const startMs = TEST_NOW_MS;
    let nowMs = startMs;
    const goesOn = endpoint((calls) =>
      calls.map(({ method }) =>
        method === 'eth_getBlockByNumber'
          ? headIs(100 + Math.floor((nowMs - startMs) / POOL_BLOCK_MS), nowMs / 1_000)
          : answered('a'),
      ),
    );
    const still = (name: string) =>
      endpoint((calls) =>
        calls.map(({ method }) => (method === 'eth_getBlockByNumber' ? headIs(100, startMs / 1_000) : answered(name))),
      );
    const { ask, clock, log } = await settled(poolOf([still('b'), goesOn, still('c')]));
    for (let look = 0; look < 12; look += 1) {
      clock.advance(HEAD_CHECK_MS);
      nowMs += HEAD_CHECK_MS;
      await ask(ASK_HEAD);
      await beside();
    }
    expect(await ask(CALL)).toEqual(answered('a'));
    expect(log.of('RPC_ENDPOINT_LAGS').map(({ endpoint_index }) => endpoint_index)).toEqual(
      expect.arrayContaining([0, 2]),
    );
  });

  it('can not be told when there are two', async () => {
    const { ask, log } = await settled(poolOf([atHead('a', () => 9_999), atHead('b', () => 100)]));
    expect(await ask(ASK_HEAD)).toEqual(headIs(9_999));
    expect(log.of('RPC_ENDPOINT_FAR_AHEAD')).toEqual([]);
  });
});

describe('an endpoint that lags', () => {
  it('is not used while another is, and used again when it has caught up', async () => {
    let late = 90;
    const { ask, clock, log } = poolOf([atHead('a', () => late), atHead('b', () => 100)]);
    await ask(ASK_HEAD);
    await beside();
    expect(await ask(ASK_HEAD)).toEqual(headIs(100));
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(log.of('RPC_ENDPOINT_LAGS')).toMatchObject([{ endpoint: 'a', blocks: 10 }]);
    late = 99;
    clock.advance(HEAD_CHECK_MS);
    await ask(CALL);
    await beside();
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('is used when the other fails', async () => {
    let isDown = false;
    const { ask } = poolOf([
      atHead('a', () => 90),
      endpoint((calls) => {
        if (isDown) throw new RpcTransportError('down');
        return calls.map(() => headIs(100));
      }),
    ]);
    await ask(ASK_HEAD);
    await beside();
    await ask(ASK_HEAD);
    isDown = true;
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('by no more than is allowed is used', async () => {
    const { ask } = poolOf([atHead('a', () => 97), atHead('b', () => 100)]);
    await ask(ASK_HEAD);
    await beside();
    expect(await ask(ASK_HEAD)).toEqual(headIs(97));
  });

  it('is told from one that lies about a height which nobody has, when there are three', async () => {
    const { ask } = poolOf([atHead('a', () => 100), atHead('liar', () => 9_999), atHead('c', () => 101)]);
    await ask(ASK_HEAD);
    await beside();
    expect(await ask(ASK_HEAD)).toEqual(headIs(100));
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('costs a quiet endpoint one question for its head in a while', async () => {
    const spare = atHead('b', () => 100);
    const { ask, clock } = poolOf([atHead('a', () => 100), spare]);
    for (let count = 0; count < 10; count += 1) {
      await ask(CALL);
      await beside();
    }
    expect(methodsOf(spare)).toEqual(['eth_chainId', 'eth_getBlockByNumber']);
    clock.advance(HEAD_CHECK_MS);
    await ask(CALL);
    await beside();
    expect(methodsOf(spare)).toHaveLength(3);
  });
});
