import { describe, expect, it } from 'vitest';
import { createFailover } from '#shared/platform/chain/failover.ts';
import type { JsonRpc, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { answered, createFakeRpc, type FakeRpc, refused } from '#test/support/fakes/fake-rpc.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const CHAIN_ID = 31_337;
const WITHIN = Deadline.in(1_000, createFakeClock().now);
const ASK_CHAIN = { method: 'eth_chainId', params: [] };
const SEND = { method: 'eth_sendRawTransaction', params: ['0x01'] };

/** An endpoint that serves a chain and answers everything else with its own name. */
function serving(chainId: number, name: string): FakeRpc {
  return createFakeRpc((calls) =>
    calls.map(({ method }) => answered(method === 'eth_chainId' ? `0x${chainId.toString(16)}` : name)),
  );
}

function down(message = 'down'): FakeRpc {
  return createFakeRpc(() => {
    throw new RpcTransportError(message);
  });
}

/** An endpoint that says of its chain what a test wants. */
const claiming = (...outcomes: readonly RpcOutcome[]) => createFakeRpc(() => outcomes);

function failoverOf(...endpoints: readonly JsonRpc[]) {
  const recording = createRecordingLog();
  const rpc = createFailover(CHAIN_ID, endpoints, recording.log);
  return { recording, rpc, ask: () => rpc.ask([SEND], ([outcome]) => outcome, WITHIN) };
}

describe('an endpoint is asked nothing else before it was seen to serve the chain', () => {
  it('and is asked for that once', async () => {
    const endpoint = serving(CHAIN_ID, 'a');
    const { ask } = failoverOf(endpoint);
    expect([await ask(), await ask()]).toEqual([answered('a'), answered('a')]);
    expect(endpoint.asked).toEqual([[ASK_CHAIN], [SEND], [SEND]]);
  });

  it('one that serves another chain is passed over, each time', async () => {
    const wrong = serving(5, 'wrong');
    const { recording, ask } = failoverOf(wrong, serving(CHAIN_ID, 'b'));
    expect([await ask(), await ask()]).toEqual([answered('b'), answered('b')]);
    expect(wrong.asked).toEqual([[ASK_CHAIN], [ASK_CHAIN]]);
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([
      { endpoint_index: 0, error: { code: 'CONFIGURATION' } },
      { endpoint_index: 0, error: { code: 'CONFIGURATION' } },
    ]);
  });

  it.each([
    ['in decimal', [answered('31337')]],
    ['as a number', [answered(CHAIN_ID)]],
    ['beyond exact numbers', [answered('0xffffffffffffff')]],
    ['as an empty quantity', [answered('0x')]],
    ['as null', [answered(null)]],
    ['as nothing', [answered(undefined)]],
    ['with a refusal', [refused()]],
    ['not at all', []],
  ])('one that says which it serves %s is passed over', async (_name, outcomes) => {
    const unsure = claiming(...outcomes);
    const { recording, ask } = failoverOf(unsure, serving(CHAIN_ID, 'b'));
    expect(await ask()).toEqual(answered('b'));
    expect(unsure.asked).toEqual([[ASK_CHAIN]]);
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ error: { code: 'RPC_CONNECTION' } }]);
  });

  it('one that was down when it was to say so must say so when it is back', async () => {
    const back = createFakeRpc((_calls, place) => {
      if (place === 0) throw new RpcTransportError('down');
      return [answered('0x5')];
    });
    const { ask } = failoverOf(back, serving(CHAIN_ID, 'b'));
    expect([await ask(), await ask()]).toEqual([answered('b'), answered('b')]);
    expect(back.asked).toEqual([[ASK_CHAIN], [ASK_CHAIN]]);
  });

  it('one that is not needed is not asked at all', async () => {
    const spare = serving(CHAIN_ID, 'b');
    await failoverOf(serving(CHAIN_ID, 'a'), spare).ask();
    expect(spare.asked).toEqual([]);
  });
});

describe('the next endpoint is asked', () => {
  it('with the same calls, until the same deadline, when one gives no usable answer', async () => {
    const deadlines: Deadline[] = [];
    const spare = serving(CHAIN_ID, 'b');
    const watched: JsonRpc = {
      ask(calls, read, deadline) {
        deadlines.push(deadline);
        return spare.ask(calls, read, deadline);
      },
    };
    const { recording, ask } = failoverOf(down(), watched);
    expect(await ask()).toEqual(answered('b'));
    expect(spare.asked).toEqual([[ASK_CHAIN], [SEND]]);
    expect(deadlines).toEqual([WITHIN, WITHIN]);
    expect(recording.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint_index: 0, error: { message: 'down' } }]);
  });

  it('when nobody can make sense of an answer', async () => {
    const { rpc } = failoverOf(serving(CHAIN_ID, 'nonsense'), serving(CHAIN_ID, 'sense'));
    const read = ([outcome]: readonly RpcOutcome[]) => {
      if (outcome?.ok !== true || outcome.result !== 'sense') throw new RpcTransportError('nonsense');
      return 'understood';
    };
    expect(await rpc.ask([SEND], read, WITHIN)).toBe('understood');
  });

  it('only for this once: the first is the first again afterwards', async () => {
    const first = createFakeRpc(([call], place) => {
      if (place === 1) throw new RpcTransportError('down');
      return [answered(call?.method === 'eth_chainId' ? '0x7a69' : 'a')];
    });
    const { ask } = failoverOf(first, serving(CHAIN_ID, 'b'));
    expect([await ask(), await ask()]).toEqual([answered('b'), answered('a')]);
    expect(first.asked).toEqual([[ASK_CHAIN], [SEND], [SEND]]);
  });
});

describe('the next endpoint is not asked', () => {
  it('when a call was refused and its caller takes that for an answer', async () => {
    const first = createFakeRpc(([call]) => [
      call?.method === 'eth_chainId' ? answered('0x7a69') : refused('reverted'),
    ]);
    const spare = serving(CHAIN_ID, 'b');
    const { recording, ask } = failoverOf(first, spare);
    expect(await ask()).toMatchObject({ ok: false, error: { message: 'reverted' } });
    expect([spare.asked, recording.lines]).toEqual([[], []]);
  });

  it('when the failure is not of the endpoint', async () => {
    const spare = serving(CHAIN_ID, 'b');
    const { recording, rpc } = failoverOf(serving(CHAIN_ID, 'a'), spare);
    const bug = new TypeError('a bug');
    const read = () => {
      throw bug;
    };
    expect(await caughtLater(TypeError, () => rpc.ask([SEND], read, WITHIN))).toBe(bug);
    expect([spare.asked, recording.lines]).toEqual([[], []]);
  });
});

it('that one answers and has moved on is the thing to say, although the first is down: a look begun anew may succeed', async () => {
  const moved = createFakeRpc((calls) => {
    if (calls[0]?.method === 'eth_chainId') return [answered(`0x${CHAIN_ID.toString(16)}`)];
    throw new ChainMovedError('moved on');
  });
  const { ask } = failoverOf(down(), moved, down());
  await expect(ask()).rejects.toThrow(ChainMovedError);
});

it('no calls at all ask nobody, not even which chain it serves', async () => {
  const endpoint = down();
  expect(await failoverOf(endpoint).rpc.ask([], (outcomes) => outcomes, WITHIN)).toEqual([]);
  expect(endpoint.asked).toEqual([]);
});

describe('when no endpoint gives a usable answer', () => {
  it.each<readonly [string, readonly JsonRpc[], string, string]>([
    ['the first says why', [down('first'), down('second')], 'RPC_CONNECTION', 'first'],
    [
      'that one is down counts for more than that one after it is wrong',
      [down('x'), serving(5, 'w')],
      'RPC_CONNECTION',
      'x',
    ],
    [
      'that one is down counts for more than that one before it is wrong',
      [serving(5, 'w'), down('x')],
      'RPC_CONNECTION',
      'x',
    ],
    [
      'because all serve other chains, that is a mistake of configuration',
      [serving(5, 'w'), serving(5, 'v')],
      'CONFIGURATION',
      `An RPC endpoint of chain ${CHAIN_ID} serves chain 5`,
    ],
    ['because there is none, that is said', [], 'RPC_CONNECTION', 'No RPC endpoint is configured'],
  ])('%s', async (_name, endpoints, code, message) => {
    const { recording, ask } = failoverOf(...endpoints);
    expect(await caughtLater(HavenError, ask)).toMatchObject({ code, message });
    expect(recording.of('RPC_ENDPOINT_FAILED').map((line) => line['endpoint_index'])).toEqual([...endpoints.keys()]);
  });
});
