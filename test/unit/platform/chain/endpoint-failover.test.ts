import { describe, expect, it } from 'vitest';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import {
  beside,
  down,
  endpoint,
  failingWhile,
  headIs,
  methodsOf,
  named,
  poolOf,
} from '#test/support/fakes/endpoint-pool.ts';
import { answered, type FakeRpc, refused } from '#test/support/fakes/fake-rpc.ts';

const CALL: RpcCall = { method: 'eth_call', params: ['0x01'] };
const ESTIMATE: RpcCall = { method: 'eth_estimateGas', params: [{}, 'pending'] };

/** What an endpoint was asked besides what it is and where. */
const asked = (one: FakeRpc) =>
  one.asked.filter(([call]) => call?.method !== 'eth_chainId' && call?.method !== 'eth_getBlockByNumber').length;

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
