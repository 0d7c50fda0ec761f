import { Deadline } from '../deadline.ts';
import { isRevert } from './call-refusal.ts';
import { compareHeads, type HeadLimits } from './compare-heads.ts';
import type { JsonRpc, OtherAnswer, ReadOutcomes, RpcCall, RpcOutcome } from './json-rpc.ts';
import { type EndpointContext, type EndpointFacts, PoolEndpoint } from './pool-endpoint.ts';
import { Failures, isEndpointsFault } from './pool-failures.ts';
import { RpcTransportError } from './rpc-errors.ts';
import { isHeld, mergeSendOutcomes } from './send-refusal.ts';

/** The endpoints of one chain, and how they are used. */
export interface EndpointPoolOptions extends EndpointContext, HeadLimits {
  readonly endpoints: readonly EndpointFacts[];
  /** Whether they share the work by weight; else they are tried in their order. */
  readonly weighted: boolean;
  /** To how many of them signed bytes are handed. */
  readonly broadcastEndpoints: number;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** An endpoint that wasn't asked anything for so long is asked for its head, beside the request that finds that out. */
export const HEAD_CHECK_MS = 15_000;
/** A process stays with its choice among weighted endpoints, so that its questions meet one view of the chain. */
const DRAW_MS = 60_000;

const LATEST_HEAD: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };

/**
 * Several endpoints of one chain as one. A question is put to the best of them and, until one gives a usable answer, to
 * the next; signed bytes go to several at once. That is safe for every call Haven makes, because a transaction is
 * broadcast as bytes that are stored already. With one endpoint it is asked what is to be asked, and nothing else.
 *
 * @throws (from `ask`) RpcTransportError when none gave a usable answer, CONFIGURATION when all serve another chain
 */
export function createEndpointPool(options: EndpointPoolOptions): JsonRpc {
  const pool = new EndpointPool(options);
  return {
    async ask(calls, read, deadline) {
      if (calls.length === 0) return read([]);
      return pool.ask(calls, read, deadline);
    },
    askOther: (besides, calls, read, deadline) => pool.askOther(besides, calls, read, deadline),
    distrust: (names) => pool.distrust(names),
  };
}

class EndpointPool {
  readonly #options: EndpointPoolOptions;
  readonly #endpoints: readonly PoolEndpoint[];
  readonly #checking = new Set<PoolEndpoint>();
  #draws: readonly number[] = [];
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EndpointPoolOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints.map(
      (facts, index) =>
        new PoolEndpoint(facts, index, options, (endpoint) => compareHeads(endpoint, this.#endpoints, options)),
    );
  }

  async ask<T>(calls: readonly RpcCall[], read: ReadOutcomes<T>, deadline: Deadline): Promise<T> {
    const [first] = this.#endpoints;
    if (first !== undefined && this.#endpoints.length === 1) return this.#askOnly(first, calls, read, deadline);
    const { order, due } = await this.#inOrder();
    const budget = Deadline.in(deadline.capMs(this.#options.timeoutMs), this.#options.clock);
    const isBroadcast = calls.every(({ method }) => method === 'eth_sendRawTransaction');
    this.#lookAfter(order.slice(isBroadcast ? this.#options.broadcastEndpoints : 1), due);
    return isBroadcast ? this.#broadcast(order, calls, read, budget) : this.#askBest(order, calls, read, budget);
  }

  /** Asks the best of the endpoints that are none of those, and until one gives a usable answer the next. */
  async askOther<T>(
    besides: ReadonlySet<string>,
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    deadline: Deadline,
  ): Promise<OtherAnswer<T>> {
    if (this.#endpoints.length <= 1) return { kind: 'only' };
    const isOther = ({ name }: PoolEndpoint) => !besides.has(name);
    if (!this.#endpoints.some(isOther)) return { kind: 'involved' };
    const { order } = await this.#inOrder();
    const others = order.filter(isOther);
    const budget = Deadline.in(deadline.capMs(this.#options.timeoutMs), this.#options.clock);
    for (const [place, endpoint] of others.entries()) {
      try {
        const share = this.#share(budget, place === others.length - 1);
        const { value } = await endpoint.ask(calls, read, share, await endpoint.permit());
        // One that lags may be right about its past; one that is out of its time is about nothing.
        if (endpoint.head?.isFromFuture !== true) return { kind: 'answered', value, endpoint: endpoint.name };
      } catch (error) {
        if (!isEndpointsFault(error)) throw error;
        endpoint.report(error);
      }
    }
    return { kind: 'unusable' };
  }

  distrust(names: ReadonlySet<string>): void {
    for (const endpoint of this.#endpoints) if (names.has(endpoint.name)) endpoint.distrust();
  }

  /** There is no other: it is asked whatever its circuit says. */
  async #askOnly<T>(
    only: PoolEndpoint,
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    deadline: Deadline,
  ): Promise<T> {
    try {
      return (await only.ask(calls, read, deadline, await only.permit())).value;
    } catch (error) {
      if (isEndpointsFault(error)) only.report(error);
      throw error;
    }
  }

  /**
   * Whom to ask, the best first. Those with an open circuit and those of another chain are left out while there are
   * others; when all circuits are open, the one that is to be tried next is asked all the same.
   *
   * @returns also whose circuits want to be probed, beside the request
   */
  async #inOrder(): Promise<{ readonly order: readonly PoolEndpoint[]; readonly due: readonly PoolEndpoint[] }> {
    const right = this.#endpoints.filter(({ isWrong }) => !isWrong);
    const known = await Promise.all(
      (right.length === 0 ? this.#endpoints : right).map(async (endpoint) => ({
        endpoint,
        ...(await endpoint.breaker.standing()),
      })),
    );
    const keys = this.#sortKeys();
    const byWorth = (a: PoolEndpoint, b: PoolEndpoint) =>
      Number(a.isUnfit) - Number(b.isUnfit) || (keys.get(a) ?? 0) - (keys.get(b) ?? 0);
    const passing = known.filter(({ standing }) => standing === 'pass').map(({ endpoint }) => endpoint);
    const due = known.filter(({ standing }) => standing === 'probe').map(({ endpoint }) => endpoint);
    if (passing.length > 0) return { order: passing.toSorted(byWorth), due };
    if (due.length > 0) return { order: due.toSorted(byWorth), due: [] };
    const soonest = known.toSorted((a, b) => a.retryAfterMs - b.retryAfterMs)[0];
    return { order: soonest === undefined ? [] : [soonest.endpoint], due: [] };
  }

  /**
   * A key per endpoint; the lowest is the best. By weight: exponential variates, which put each endpoint first as often
   * as its share of the worth says (Efraimidis and Spirakis, 2006). In order: the place, divided by the health, so that
   * the second comes first when the first is less than half as well.
   */
  #sortKeys(): ReadonlyMap<PoolEndpoint, number> {
    const { clock, random, weighted } = this.#options;
    if (weighted && clock() - this.#drawnAtMs >= DRAW_MS) {
      this.#draws = this.#endpoints.map(() => -Math.log(1 - random()));
      this.#drawnAtMs = clock();
    }
    return new Map(
      this.#endpoints.map((endpoint, index) => [
        endpoint,
        (weighted ? (this.#draws[index] ?? 0) : index + 1) / endpoint.worth,
      ]),
    );
  }

  /**
   * Asks each until one gives a good answer. One of an endpoint that lags or is in the future, or that refuses to simulate for a reason
   * that is not the contract's, is taken only when no other gives a better.
   */
  async #askBest<T>(
    order: readonly PoolEndpoint[],
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    budget: Deadline,
  ): Promise<T> {
    const failures = new Failures();
    let fallback: { readonly value: T; readonly flaws: number } | undefined;
    for (const [place, endpoint] of order.entries()) {
      try {
        const share = this.#share(budget, place === order.length - 1);
        const { value, outcomes } = await endpoint.ask(calls, read, share, await endpoint.permit());
        const flaws = refusedSimulations(calls, outcomes) + (endpoint.isUnfit ? calls.length : 0);
        if (flaws === 0) return value;
        if (fallback === undefined || flaws < fallback.flaws) fallback = { value, flaws };
      } catch (error) {
        if (!isEndpointsFault(error)) throw error;
        failures.add(endpoint, error);
      }
    }
    if (fallback === undefined) throw failures.worthSaying;
    return fallback.value;
  }

  /**
   * Hands signed bytes to several endpoints at once, and to the others only when none of these answers. Returns as soon
   * as each of the bytes is held by one of them.
   */
  async #broadcast<T>(
    order: readonly PoolEndpoint[],
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    budget: Deadline,
  ): Promise<T> {
    const failures = new Failures();
    const answers: (readonly RpcOutcome[] | undefined)[] = [];
    const enough = Promise.withResolvers<void>();
    const hand = async (endpoint: PoolEndpoint, place: number, share: Deadline) => {
      try {
        // An answer that its reader can't make sense of is none.
        const { outcomes } = await endpoint.ask(calls, read, share, await endpoint.permit());
        answers[place] = outcomes;
        if (calls.every((_call, call) => answers.some((answer) => isHeld(answer?.[call])))) enough.resolve();
      } catch (error) {
        if (isEndpointsFault(error)) failures.add(endpoint, error);
        else enough.reject(error);
      }
    };
    const count = this.#options.broadcastEndpoints;
    const share = this.#share(budget, order.length <= count);
    const all = Promise.all(order.slice(0, count).map((endpoint, place) => hand(endpoint, place, share)));
    await Promise.race([all, enough.promise]);
    for (const [index, endpoint] of order.slice(count).entries()) {
      if (answers.some((answer) => answer !== undefined)) break;
      const place = count + index;
      await Promise.race([hand(endpoint, place, this.#share(budget, place === order.length - 1)), enough.promise]);
    }
    const given = answers.filter((answer) => answer !== undefined);
    if (given.length === 0) throw failures.worthSaying;
    return read(mergeSendOutcomes(given));
  }

  /** Half of the time that is left, so that there is some for the next; the last one gets all. */
  #share(budget: Deadline, isLast: boolean): Deadline {
    return isLast ? budget : Deadline.in(Math.ceil(budget.remainingMs() / 2), this.#options.clock);
  }

  /** Beside the request: asks the heads of endpoints that nobody asked anything for a while, and probes circuits. */
  #lookAfter(spares: readonly PoolEndpoint[], due: readonly PoolEndpoint[]): void {
    const nowMs = this.#options.clock();
    const quiet = spares.filter(({ askedAtMs }) => nowMs - askedAtMs >= HEAD_CHECK_MS);
    for (const endpoint of [...quiet, ...due]) {
      if (this.#checking.has(endpoint)) continue;
      this.#checking.add(endpoint);
      this.#checkHead(endpoint).then(
        () => this.#checking.delete(endpoint),
        () => this.#checking.delete(endpoint),
      );
    }
  }

  async #checkHead(endpoint: PoolEndpoint): Promise<void> {
    const permit = await endpoint.permit();
    if (permit === undefined) return;
    const deadline = Deadline.in(this.#options.timeoutMs, this.#options.clock);
    try {
      await endpoint.ask([LATEST_HEAD], readHead, deadline, permit);
    } catch (error) {
      if (isEndpointsFault(error)) endpoint.report(error);
    }
  }
}

/** Simulations that were refused by the node and not by the contract: another node may run them. */
function refusedSimulations(calls: readonly RpcCall[], outcomes: readonly RpcOutcome[]): number {
  return calls.filter(({ method }, index) => {
    const outcome = outcomes[index];
    return method === 'eth_estimateGas' && outcome?.ok === false && !isRevert(outcome.error);
  }).length;
}

function readHead([outcome]: readonly RpcOutcome[]): void {
  if (outcome?.ok !== true) throw new RpcTransportError('The endpoint does not say its head');
}
