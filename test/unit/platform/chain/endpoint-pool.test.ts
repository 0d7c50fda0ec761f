import { describe, expect, it } from 'vitest';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { WRONG_CHAIN_RECHECK_MS } from '#shared/platform/chain/pool-endpoint.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import {
  beside,
  chainIs,
  down,
  endpoint,
  failingWhile,
  named,
  POOL_CHAIN,
  poolOf,
} from '#test/support/fakes/endpoint-pool.ts';
import { answered, createFakeRpc, refused } from '#test/support/fakes/fake-rpc.ts';

const ASK_CHAIN: RpcCall = { method: 'eth_chainId', params: [] };
const ASK_HEAD: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
const CALL: RpcCall = { method: 'eth_call', params: ['0x01'] };
const ESTIMATE: RpcCall = { method: 'eth_estimateGas', params: [{}, 'pending'] };

const wrong = (chainId = 5) => createFakeRpc((calls) => calls.map(() => chainIs(chainId)));

describe('an only endpoint', () => {
  it('is asked what is to be asked, its chain before all else and with each look at a block', async () => {
    const only = named('a');
    const { ask } = poolOf([only]);
    expect([await ask(CALL), await ask(ESTIMATE), await ask(ASK_HEAD)]).toEqual(['a', 'a', 'a'].map(answered));
    await beside();
    expect(only.asked).toEqual([[ASK_CHAIN], [CALL], [ESTIMATE], [ASK_HEAD, ASK_CHAIN]]);
  });

  it('is asked although its circuit is open: there is no other, and it closes when it is well again', async () => {
    let isDown = true;
    const only = failingWhile(() => isDown, 'a');
    const { ask, circuit, clock } = poolOf([only]);
    for (let count = 0; count < 7; count += 1) await caughtLater(RpcTransportError, () => ask(CALL));
    expect(only.asked).toHaveLength(8);
    expect(await circuit(0).standing()).toMatchObject({ standing: 'refuse' });
    isDown = false;
    expect(await ask(CALL)).toEqual(answered('a'));
    clock.advance(30_000);
    expect([await ask(CALL), await ask(CALL)]).toEqual([answered('a'), answered('a')]);
    expect(await circuit(0).standing()).toMatchObject({ standing: 'pass' });
  });

  it('that serves another chain is asked which each time, and nothing else', async () => {
    const only = wrong();
    const { ask, metrics } = poolOf([only]);
    for (let count = 0; count < 2; count += 1)
      expect(await caughtLater(HavenError, () => ask(CALL))).toMatchObject({ code: 'CONFIGURATION' });
    expect(only.asked).toEqual([[ASK_CHAIN], [ASK_CHAIN]]);
    expect(metrics.counts()).toEqual({ RpcWrongChain: 2 });
  });
});

describe('an endpoint is asked nothing else before it was seen to serve the chain', () => {
  it('one of another chain is passed over, said to be so, and asked again only after a minute', async () => {
    const other = wrong();
    const { ask, clock, log, metrics } = poolOf([other, named('b')]);
    expect([await ask(CALL), await ask(CALL)]).toEqual([answered('b'), answered('b')]);
    await beside();
    expect(other.asked).toEqual([[ASK_CHAIN]]);
    expect(log.of('RPC_ENDPOINT_WRONG_CHAIN')).toMatchObject([{ endpoint: 'a', endpoint_index: 0, served: 5 }]);
    expect(metrics.counts()).toEqual({ RpcWrongChain: 1 });
    clock.advance(WRONG_CHAIN_RECHECK_MS);
    await ask(CALL);
    expect(other.asked).toEqual([[ASK_CHAIN], [ASK_CHAIN]]);
  });

  it.each<readonly [string, readonly RpcOutcome[]]>([
    ['in decimal', [answered('31337')]],
    ['as a number', [answered(POOL_CHAIN)]],
    ['beyond exact numbers', [answered('0xffffffffffffff')]],
    ['as an empty quantity', [answered('0x')]],
    ['as null', [answered(null)]],
    ['as nothing', [answered(undefined)]],
    ['with a refusal', [refused()]],
    ['not at all', []],
  ])('one that says which it serves %s is passed over', async (_name, outcomes) => {
    const unsure = createFakeRpc(() => outcomes);
    const { log, ask } = poolOf([unsure, named('b')]);
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(unsure.asked).toEqual([[ASK_CHAIN]]);
    expect(log.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ error: { code: 'RPC_CONNECTION' } }]);
  });

  it('one that was down when it was to say so must say so when it is back', async () => {
    const back = createFakeRpc((_calls, place) => {
      if (place === 0) throw new RpcTransportError('down');
      return [answered('0x5')];
    });
    const { ask } = poolOf([back, named('b')]);
    expect([await ask(CALL), await ask(CALL)]).toEqual([answered('b'), answered('b')]);
    expect(back.asked).toEqual([[ASK_CHAIN], [ASK_CHAIN]]);
  });

  it('not even signed bytes', async () => {
    const other = wrong();
    const { ask } = poolOf([other, named(`0x${'1'.repeat(64)}`)]);
    await ask({ method: 'eth_sendRawTransaction', params: ['0x01'] });
    expect(other.asked).toEqual([[ASK_CHAIN]]);
  });
});

describe('endpoints with weights', () => {
  it('share the work by them, one process staying with its choice for a minute', async () => {
    const uses = { a: 0, b: 0 };
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { ask, clock } = poolOf([named('a'), named('b')], { weights: [3, 1], random });
    for (let minute = 0; minute < 400; minute += 1) {
      const answers = [await ask(CALL), await ask(CALL)];
      expect(answers[0]).toEqual(answers[1]);
      if (answers[0]?.ok === true) uses[answers[0].result === 'a' ? 'a' : 'b'] += 1;
      clock.advance(60_000);
    }
    expect(uses.a / 400).toBeGreaterThan(0.68);
    expect(uses.a / 400).toBeLessThan(0.82);
  });
});

it('that one answers and has moved on is the thing to say, although the first is down: a look begun anew may succeed', async () => {
  const moved = endpoint(() => {
    throw new ChainMovedError('moved on');
  });
  await expect(poolOf([down(), moved, down()]).ask(CALL)).rejects.toThrow(ChainMovedError);
});

it('no calls at all ask nobody, not even which chain it serves', async () => {
  const endpoints = [down(), down()];
  const { rpc, within } = poolOf(endpoints);
  expect(await rpc.ask([], (outcomes) => outcomes, within)).toEqual([]);
  expect(endpoints.flatMap((one) => one.asked)).toEqual([]);
});

describe('when no endpoint gives a usable answer', () => {
  it.each<readonly [string, readonly JsonRpc[], string, string]>([
    ['the first says why', [down('first'), down('second')], 'RPC_CONNECTION', 'first'],
    ['that one is down counts for more than that one after it is wrong', [down('x'), wrong()], 'RPC_CONNECTION', 'x'],
    ['that one is down counts for more than that one before it is wrong', [wrong(), down('x')], 'RPC_CONNECTION', 'x'],
    [
      'because all serve other chains, that is a mistake of configuration',
      [wrong(5), wrong(5)],
      'CONFIGURATION',
      `An RPC endpoint of chain ${POOL_CHAIN} serves chain 5`,
    ],
    ['because there is none, that is said', [], 'RPC_CONNECTION', 'No RPC endpoint is configured'],
  ])('%s', async (_name, endpoints, code, message) => {
    const { ask } = poolOf(endpoints);
    expect(await caughtLater(HavenError, () => ask(CALL))).toMatchObject({ code, message });
  });
});
