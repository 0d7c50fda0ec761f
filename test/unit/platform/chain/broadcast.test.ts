import { describe, expect, it } from 'vitest';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isHeld, mergeSendOutcomes } from '#shared/platform/chain/send-refusal.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { chainIs, down, endpoint, POOL_CHAIN, poolOf } from '#test/support/fakes/endpoint-pool.ts';
import { answered, refused } from '#test/support/fakes/fake-rpc.ts';

const HASH = `0x${'1'.repeat(64)}`;
const OTHER_HASH = `0x${'2'.repeat(64)}`;
const send = (bytes: string): RpcCall => ({ method: 'eth_sendRawTransaction', params: [bytes] });
const saying = (...outcomes: readonly RpcOutcome[]) => endpoint(() => outcomes);
const sends = ({ asked }: { asked: readonly (readonly RpcCall[])[] }) =>
  asked.filter(([call]) => call?.method === 'eth_sendRawTransaction').length;

/** One that takes bytes and never says so. */
function silent(): JsonRpc & { readonly taken: () => number } {
  let taken = 0;
  return {
    taken: () => taken,
    async ask(calls, read) {
      if (calls[0]?.method === 'eth_chainId') return read([chainIs(POOL_CHAIN)]);
      taken += 1;
      return new Promise(() => undefined);
    },
  };
}

describe('what several endpoints say to the same bytes, as one answer', () => {
  const TABLE: readonly (readonly [string, readonly RpcOutcome[], RpcOutcome])[] = [
    ['an acceptance by any', [refused('insufficient funds'), answered(HASH)], answered(HASH)],
    ['an acceptance before "already known"', [refused('already known'), answered(HASH)], answered(HASH)],
    [
      '"already known" before "nonce too low"',
      [refused('nonce too low'), refused('already known')],
      refused('already known'),
    ],
    [
      '"already known" before a refusal',
      [refused('replacement transaction underpriced'), refused('AlreadyKnown')],
      refused('AlreadyKnown'),
    ],
    [
      '"nonce too low" before other refusals',
      [refused('insufficient funds'), refused('nonce too low')],
      refused('nonce too low'),
    ],
    [
      'a word about the bytes before one about the node',
      [refused('txpool is full'), refused('intrinsic gas too low')],
      refused('intrinsic gas too low'),
    ],
    [
      'a word about the bytes before a rate limit',
      [refused('Too Many Requests'), refused('insufficient funds')],
      refused('insufficient funds'),
    ],
    [
      'the first of equals',
      [refused('insufficient funds'), refused('gas limit reached')],
      refused('insufficient funds'),
    ],
    ['the only one', [refused('unknown transaction')], refused('unknown transaction')],
  ];

  it.each(TABLE)('is %s', (_name, outcomes, expected) => {
    expect(mergeSendOutcomes(outcomes.map((outcome) => [outcome]))).toEqual([expected]);
  });

  it('is decided for each of the bytes apart', () => {
    const merged = mergeSendOutcomes([
      [answered(HASH), refused('nonce too high')],
      [refused('txpool is full'), answered(OTHER_HASH)],
    ]);
    expect(merged).toEqual([answered(HASH), answered(OTHER_HASH)]);
  });

  it('holds them when it has accepted or already known them', () => {
    const outcomes = [answered(HASH), refused('already known'), refused('nonce too low'), undefined];
    expect(outcomes.map(isHeld)).toEqual([true, true, false, false]);
  });
});

describe('signed bytes', () => {
  it('go to two endpoints at once, and to no third while one of these answers', async () => {
    const endpoints = [saying(answered(HASH)), saying(answered(HASH)), saying(answered(HASH))];
    expect(await poolOf(endpoints).ask(send('0x01'))).toEqual(answered(HASH));
    expect(endpoints.map(sends)).toEqual([1, 1, 0]);
  });

  it('go to as many as are configured', async () => {
    const endpoints = [saying(answered(HASH)), saying(answered(HASH)), saying(answered(HASH))];
    await poolOf(endpoints, { broadcastEndpoints: 1 }).ask(send('0x01'));
    expect(endpoints.map(sends)).toEqual([1, 0, 0]);
  });

  it('are accepted when one accepts them, whatever the other says', async () => {
    const { ask, log } = poolOf([down(), saying(answered(HASH))]);
    expect(await ask(send('0x01'))).toEqual(answered(HASH));
    expect(log.of('RPC_ENDPOINT_FAILED')).toMatchObject([{ endpoint: 'a' }]);
    expect(await poolOf([saying(refused('txpool is full')), saying(answered(HASH))]).ask(send('0x01'))).toEqual(
      answered(HASH),
    );
  });

  it('are not waited for at an endpoint that is silent, once another has them', async () => {
    const quiet = silent();
    expect(await poolOf([quiet, saying(answered(HASH))]).ask(send('0x01'))).toEqual(answered(HASH));
    expect(quiet.taken()).toBe(1);
  });

  it('go to the others when none of the first gives a usable answer', async () => {
    const third = saying(refused('already known'));
    const garbled = saying(answered('nonsense'));
    const { rpc, within } = poolOf([down(), garbled, third]);
    const read = (outcomes: readonly RpcOutcome[]) => {
      if (outcomes.some((outcome) => outcome.ok && outcome.result === 'nonsense'))
        throw new RpcTransportError('nonsense');
      return outcomes;
    };
    expect(await rpc.ask([send('0x01')], read, within)).toEqual([refused('already known')]);
    expect(sends(third)).toBe(1);
  });

  it('have an unknown outcome when no endpoint answers: nothing is made up', async () => {
    const { ask, log } = poolOf([down('x'), down('y'), down('z')]);
    await caughtLater(RpcTransportError, () => ask(send('0x01')));
    const failed = log.of('RPC_ENDPOINT_FAILED').map(({ endpoint: name }) => name);
    expect(new Set(failed)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('go once to an only endpoint', async () => {
    const only = saying(refused('insufficient funds'));
    expect(await poolOf([only]).ask(send('0x01'))).toEqual(refused('insufficient funds'));
    expect(sends(only)).toBe(1);
  });

  it('stay in their order within the batch', async () => {
    const endpoints = [saying(answered(HASH), answered(OTHER_HASH)), saying(answered(HASH), answered(OTHER_HASH))];
    const { rpc, within } = poolOf(endpoints);
    await rpc.ask([send('0x01'), send('0x02')], (outcomes) => outcomes, within);
    for (const one of endpoints) expect(one.asked.at(-1)).toEqual([send('0x01'), send('0x02')]);
  });
});
