import { createEndpointPool } from '#shared/platform/chain/endpoint-pool.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { breakerBench } from './breakers.ts';
import { answered, createFakeRpc, type FakeRpc } from './fake-rpc.ts';

/** The chain of a pool of tests. */
export const POOL_CHAIN = 31_337;

/** How a pool of tests differs from the usual. */
export interface PoolSetting {
  readonly weights?: readonly number[];
  readonly maxHeadLagBlocks?: number;
  readonly broadcastEndpoints?: number;
  readonly random?: () => number;
}

/** What an endpoint says of its chain, unless a test says otherwise. */
export const chainIs = (chainId: number) => answered(`0x${chainId.toString(16)}`);

/** A head as a node answers it: from long ago, unless a test says when. */
export const headIs = (number: number, timestampSeconds = 1) =>
  answered({
    number: `0x${number.toString(16)}`,
    hash: `0x${'b'.repeat(64)}`,
    timestamp: `0x${timestampSeconds.toString(16)}`,
  });

/** The methods of every batch that an endpoint was asked, the first of each. */
export const methodsOf = ({ asked }: FakeRpc) => asked.map(([call]) => call?.method);

/** An endpoint of the chain of tests, by what it answers to anything but the question for its chain. */
export function endpoint(answer: (calls: readonly RpcCall[], place: number) => readonly RpcOutcome[]): FakeRpc {
  return createFakeRpc((calls, place) =>
    calls[0]?.method === 'eth_chainId' ? [chainIs(POOL_CHAIN)] : answer(calls, place),
  );
}

/** One that answers every call with its own name. */
export const named = (name: string) => endpoint((calls) => calls.map(() => answered(name)));

/** One that is at a head, and answers any other call with its own name. */
export const atHead = (name: string, head: () => number) =>
  endpoint((calls) => calls.map(({ method }) => (method === 'eth_getBlockByNumber' ? headIs(head()) : answered(name))));

/** One that answers with its name, except while it is said to be down. */
export function failingWhile(isDown: () => boolean, name: string): FakeRpc {
  return endpoint((calls) => {
    if (isDown()) throw new RpcTransportError('down');
    return calls.map(() => answered(name));
  });
}

/** One that never answers. */
export function down(message = 'down'): FakeRpc {
  return createFakeRpc(() => {
    throw new RpcTransportError(message);
  });
}

/** A pool of endpoints named a, b, c, ... with all that a test may want to look at. */
export function poolOf(endpoints: readonly JsonRpc[], setting: PoolSetting = {}) {
  const bench = breakerBench();
  const { clock, log, metrics, breakers } = bench;
  const nameOf = (index: number) => String.fromCharCode('a'.charCodeAt(0) + index);
  const rpc = createEndpointPool({
    chainId: POOL_CHAIN,
    endpoints: endpoints.map((one, index) => ({
      name: nameOf(index),
      weight: setting.weights?.[index] ?? 1,
      rpc: one,
      breaker: breakers.of(`rpc:${POOL_CHAIN}:${nameOf(index)}`),
    })),
    weighted: setting.weights !== undefined,
    maxHeadLagBlocks: setting.maxHeadLagBlocks ?? 3,
    blockTimeMs: 12_000,
    broadcastEndpoints: setting.broadcastEndpoints ?? 2,
    random: setting.random ?? (() => 0.5),
    clock: clock.now,
    log: log.log,
    metrics: metrics.metrics,
    timeoutMs: 4_000,
  });
  const within = Deadline.in(1_000_000, clock.now);
  const ask = (call: RpcCall) => rpc.ask([call], ([outcome]) => outcome, within);
  const circuit = (index: number) => breakers.of(`rpc:${POOL_CHAIN}:${nameOf(index)}`);
  return { ...bench, rpc, ask, within, circuit };
}

/** Lets what a pool does beside a request come to its end. */
export const beside = () => new Promise<void>((resolve) => setImmediate(resolve));
