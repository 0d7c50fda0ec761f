import { describe, expect, it } from 'vitest';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { WRONG_CHAIN_RECHECK_MS } from '#shared/platform/chain/pool-endpoint.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import {
  beside,
  chainIs,
  down,
  endpoint,
  headIs,
  methodsOf,
  named,
  POOL_CHAIN,
  poolOf,
} from '#test/support/fakes/endpoint-pool.ts';
import { answered, createFakeRpc, type FakeRpc, refused } from '#test/support/fakes/fake-rpc.ts';

const ASK_CHAIN: RpcCall = { method: 'eth_chainId', params: [] };
const ASK_HEAD: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
const CALL: RpcCall = { method: 'eth_call', params: ['0x01'] };
const ESTIMATE: RpcCall = { method: 'eth_estimateGas', params: [{}, 'pending'] };

const wrong = (chainId = 5) => createFakeRpc((calls) => calls.map(() => chainIs(chainId)));
/** What an endpoint was asked besides what it is and where. */
const asked = (one: FakeRpc) =>
  one.asked.filter(([call]) => call?.method !== 'eth_chainId' && call?.method !== 'eth_getBlockByNumber').length;

/** One that does its work, and then as it is told. */
function failingWhile(isDown: () => boolean, name: string): FakeRpc {
  return endpoint((calls) => {
    if (isDown()) throw new RpcTransportError('down');
    return calls.map(() => answered(name));
  });
}

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

describe('the next endpoint is asked', () => {
  it('with the same calls, within what is left of the time of one call', async () => {
    const shares: number[] = [];
    const spare = named('b');
    const watched: JsonRpc = {
      ask(calls, read, deadline) {
        if (calls.includes(CALL)) shares.push(deadline.remainingMs());
        return spare.ask(calls, read, deadline);
      },
    };
    const { log, ask, clock } = poolOf([
      endpoint(() => {
        clock.advance(2_000);
        throw new RpcTransportError('timed out');
      }),
      watched,
    ]);
    expect(await ask(CALL)).toEqual(answered('b'));
    expect(spare.asked).toContainEqual([CALL]);
    expect(shares).toEqual([2_000]);
    expect(log.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint: 'a', error: { message: 'timed out' } }]);
  });

  it('when nobody can make sense of an answer', async () => {
    const { rpc, within } = poolOf([named('nonsense'), named('sense')]);
    const read = ([outcome]: readonly RpcOutcome[]) => {
      if (outcome?.ok !== true || outcome.result !== 'sense') throw new RpcTransportError('nonsense');
      return 'understood';
    };
    expect(await rpc.ask([CALL], read, within)).toBe('understood');
  });

  it('after one failure only for this once: the first is the first again', async () => {
    const first = endpoint((_calls, place) => {
      if (place === 1) throw new RpcTransportError('down');
      return [answered('a')];
    });
    const { ask } = poolOf([first, named('b')]);
    expect([await ask(CALL), await ask(CALL)]).toEqual([answered('b'), answered('a')]);
  });

  it('first, when the first fails again and again, until that is a while ago', async () => {
    let isDown = true;
    const first = failingWhile(() => isDown, 'a');
    const { ask, clock } = poolOf([first, named('b')]);
    await ask(CALL);
    await ask(CALL);
    isDown = false;
    expect([await ask(CALL), asked(first)]).toEqual([answered('b'), 2]);
    clock.advance(60_000);
    expect(await ask(CALL)).toEqual(answered('a'));
  });

  it('first, when the first is slow', async () => {
    let slowMs = 0;
    const { ask, clock } = poolOf([
      endpoint((calls) => {
        clock.advance(slowMs);
        return calls.map(() => answered('slow'));
      }),
      named('b'),
    ]);
    await ask(CALL);
    await beside();
    slowMs = 3_000;
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await ask(CALL));
    expect(answers.at(-1)).toEqual(answered('b'));
    slowMs = 0;
    clock.advance(300_000);
    expect(await ask(CALL)).toEqual(answered('slow'));
  });

  it('when a simulation is refused for a reason that is not the contract', async () => {
    const first = endpoint(() => [refused('missing trie node')]);
    const spare = endpoint(() => [answered('0x5208')]);
    expect(await poolOf([first, spare]).ask(ESTIMATE)).toEqual(answered('0x5208'));
  });

  it('when a simulation is refused, and when it refuses too the first refusal counts', async () => {
    const first = endpoint(() => [refused('missing trie node')]);
    const spare = endpoint(([call]) => [call === ESTIMATE ? refused('too many requests') : headIs(1)]);
    const { ask, log } = poolOf([first, spare]);
    expect(await ask(ESTIMATE)).toMatchObject({ ok: false, error: { message: 'missing trie node' } });
    expect([asked(first), asked(spare), log.of('RPC_ENDPOINT_FAILED')]).toEqual([1, 1, []]);
  });
});

describe('the next endpoint is not asked', () => {
  it('when the contract refuses: any node would say the same', async () => {
    const spare = named('b');
    const { ask } = poolOf([endpoint(() => [refused('execution reverted')]), spare]);
    expect(await ask(ESTIMATE)).toMatchObject({ ok: false, error: { message: 'execution reverted' } });
    expect(asked(spare)).toBe(0);
  });

  it('when the failure is not of the endpoint', async () => {
    const spare = named('b');
    const { log, rpc, within, circuit } = poolOf([named('a'), spare]);
    const bug = new TypeError('a bug');
    const read = () => {
      throw bug;
    };
    for (let count = 0; count < 6; count += 1)
      expect(await caughtLater(TypeError, () => rpc.ask([CALL], read, within))).toBe(bug);
    expect([asked(spare), log.lines]).toEqual([0, []]);
    expect(await circuit(0).standing()).toMatchObject({ standing: 'pass' });
  });
});

describe('a circuit', () => {
  it('that is open keeps its endpoint from being asked, until a probe beside a request finds it well', async () => {
    let isDown = true;
    const first = failingWhile(() => isDown, 'a');
    const { ask, circuit, clock } = poolOf([first, named('b')]);
    for (let count = 0; count < 5; count += 1) {
      clock.advance(50_000);
      await ask(CALL);
    }
    expect(await circuit(0).standing()).toMatchObject({ standing: 'refuse' });
    const before = first.asked.length;
    await ask(CALL);
    await beside();
    expect(first.asked).toHaveLength(before);
    isDown = false;
    clock.advance(30_000);
    for (let count = 0; count < 2; count += 1) {
      expect(await ask(CALL)).toEqual(answered('b'));
      await beside();
    }
    expect(methodsOf(first).slice(before)).toEqual(['eth_getBlockByNumber', 'eth_getBlockByNumber']);
    expect(await circuit(0).standing()).toMatchObject({ standing: 'pass' });
  });

  it('that is open before every endpoint lets the one that is due next be asked all the same', async () => {
    const [first, second] = [down('x'), down('y')];
    const { ask, circuit, clock } = poolOf([first, second]);
    for (let count = 0; count < 5; count += 1) await caughtLater(RpcTransportError, () => ask(CALL));
    for (const place of [0, 1]) expect(await circuit(place).standing()).toMatchObject({ standing: 'refuse' });
    clock.advance(1_000);
    const before = first.asked.length + second.asked.length;
    await caughtLater(RpcTransportError, () => ask(CALL));
    expect(first.asked.length + second.asked.length).toBe(before + 1);
  });

  it('is not opened by a chain that moved on, nor by an endpoint that had no time', async () => {
    const moved = endpoint(() => {
      throw new ChainMovedError('moved on');
    });
    const { ask, circuit } = poolOf([moved, named('b')]);
    for (let count = 0; count < 8; count += 1) await ask(CALL);
    expect(await circuit(0).standing()).toMatchObject({ standing: 'pass' });
    const slow = poolOf([
      endpoint(() => {
        slow.clock.advance(100);
        throw new RpcTransportError('timed out');
      }),
    ]);
    for (let count = 0; count < 8; count += 1) {
      const tight = Deadline.in(100, slow.clock.now);
      await caughtLater(RpcTransportError, () => slow.rpc.ask([CALL], (outcomes) => outcomes, tight));
    }
    expect(await slow.circuit(0).standing()).toMatchObject({ standing: 'pass' });
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
