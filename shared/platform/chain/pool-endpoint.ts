import * as z from 'zod';
import { type Breaker, causeOf } from '../breaker/breaker.ts';
import type { Permit } from '../breaker/breaker-state.ts';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import { afterAnswer, afterFailure, type SaidHead, scoreOf, UNKNOWN_HEALTH } from './endpoint-health.ts';
import { isFromFuture } from './head-time.ts';
import type { JsonRpc, ReadOutcomes, RpcCall, RpcOutcome } from './json-rpc.ts';
import { numberQuantity } from './quantities.ts';
import { ChainMovedError, RpcTransportError } from './rpc-errors.ts';

/** An endpoint as its pool is given it. */
export interface EndpointFacts {
  /** Names it in logs; never a part of its URL. */
  readonly name: string;
  /** Of the work, in relation to the others' weights. */
  readonly weight: number;
  readonly rpc: JsonRpc;
  readonly breaker: Breaker;
}

/** What the endpoints of a chain have in common. */
export interface EndpointContext {
  readonly chainId: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What one call to an endpoint may take. */
  readonly timeoutMs: number;
}

/** An endpoint that serves another chain is asked again after this time: its operator may have mended it. */
export const WRONG_CHAIN_RECHECK_MS = 60_000;
/**
 * An endpoint that two others contradicted comes after them for this time: long enough that lanes go on by those, short
 * enough that one which was on a fork for a moment shares the work again.
 */
export const DISTRUST_MS = 5 * 60_000;
/** Less than this share of the time-out is no fair chance; that nothing came then is not the endpoint's fault. */
const FAIR_SHARE = 0.25;
/** An answer that took more than this many time-outs came to a process that was frozen in between. */
const FROZEN_TIMEOUTS = 2;

/** An answer: what its reader made of it, and what came over the wire. */
export interface EndpointAnswer<T> {
  readonly value: T;
  readonly outcomes: readonly RpcOutcome[];
}

/** One endpoint of a chain, with what this process knows of it. */
export class PoolEndpoint {
  readonly name: string;
  readonly index: number;
  readonly breaker: Breaker;
  /** The latest block number that it said, and when; whether that was from a future that nothing explains. */
  head: (SaidHead & { readonly isFromFuture: boolean }) | undefined;
  /** Whether its latest head was too far behind those of the others. */
  lags = false;
  /** Whether its latest head was further ahead than those of two others explain. */
  isFarAhead = false;
  /** When it was last asked anything, in milliseconds since the Unix epoch. */
  askedAtMs = Number.NEGATIVE_INFINITY;
  readonly #facts: EndpointFacts;
  readonly #context: EndpointContext;
  readonly #onHead: (endpoint: PoolEndpoint) => void;
  #health = UNKNOWN_HEALTH;
  #isVerified = false;
  #wrongUntilMs = Number.NEGATIVE_INFINITY;
  #distrustedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(facts: EndpointFacts, index: number, context: EndpointContext, onHead: (endpoint: PoolEndpoint) => void) {
    this.name = facts.name;
    this.index = index;
    this.breaker = facts.breaker;
    this.#facts = facts;
    this.#context = context;
    this.#onHead = onHead;
  }

  /** Whether it was seen to serve another chain a short while ago. */
  get isWrong(): boolean {
    return this.#context.clock() < this.#wrongUntilMs;
  }

  /** Whether its answers are taken only when no other endpoint gives any. */
  get isUnfit(): boolean {
    const isElsewhere = this.lags || this.isFarAhead || this.head?.isFromFuture === true;
    return isElsewhere || this.#context.clock() < this.#distrustedUntilMs;
  }

  /** Two others contradict it. */
  distrust(): void {
    const { clock, log } = this.#context;
    if (clock() >= this.#distrustedUntilMs) {
      log.write('RPC_ENDPOINT_OUTVOTED', { endpoint_index: this.index, endpoint: this.name });
    }
    this.#distrustedUntilMs = clock() + DISTRUST_MS;
  }

  /** How much it is worth asking: its weight by its health. */
  get worth(): number {
    return this.#facts.weight * scoreOf(this.#health, this.#context.clock());
  }

  /** Leases what its circuit wants; undefined when it is to be asked although the circuit refuses. */
  async permit(): Promise<Permit | undefined> {
    const admission = await this.breaker.admit();
    return admission.admitted ? admission.permit : undefined;
  }

  /**
   * Asks it, once it was seen to serve the chain: one of another chain would make Haven sign for one and count on the
   * other.
   *
   * @throws RpcTransportError, ChainMovedError, CONFIGURATION when it serves another chain
   */
  async ask<T>(
    calls: readonly RpcCall[],
    read: ReadOutcomes<T>,
    deadline: Deadline,
    permit: Permit | undefined,
  ): Promise<EndpointAnswer<T>> {
    const { clock, timeoutMs } = this.#context;
    const startedMs = clock();
    const allowedMs = deadline.capMs(timeoutMs);
    this.askedAtMs = startedMs;
    try {
      if (!this.#isVerified) await this.#verify(deadline);
      const outcomes = await this.#exchange(calls, deadline);
      this.#noteHead(calls, outcomes);
      const value = read(outcomes, this.name);
      await this.#answered(startedMs, permit);
      return { value, outcomes };
    } catch (error) {
      const tookMs = clock() - startedMs;
      const isFair = tookMs < allowedMs || allowedMs >= timeoutMs * FAIR_SHARE;
      const wasFrozen = tookMs > timeoutMs * FROZEN_TIMEOUTS;
      if (error instanceof ChainMovedError) await this.#answered(startedMs, permit);
      else if (error instanceof RpcTransportError && isFair && !wasFrozen) await this.#failed(permit, error);
      throw error;
    }
  }

  /** Writes down that it gave no usable answer. */
  report(error: HavenError): void {
    this.#context.log.write('RPC_ENDPOINT_FAILED', { endpoint_index: this.index, endpoint: this.name, error });
  }

  async #answered(startedMs: number, permit: Permit | undefined): Promise<void> {
    const nowMs = this.#context.clock();
    this.#health = afterAnswer(this.#health, nowMs - startedMs, nowMs);
    if (permit !== undefined) await this.breaker.succeeded(permit);
  }

  async #failed(permit: Permit | undefined, error: RpcTransportError): Promise<void> {
    this.#health = afterFailure(this.#health, this.#context.clock());
    if (permit !== undefined) await this.breaker.failed(permit, causeOf(error));
  }

  #noteHead(calls: readonly RpcCall[], outcomes: readonly RpcOutcome[]): void {
    const place = calls.findIndex(({ method, params }) => method === 'eth_getBlockByNumber' && params[0] === 'latest');
    const said = headOf(outcomes[place]);
    if (said === undefined) return;
    const { clock, log, metrics } = this.#context;
    const nowMs = clock();
    const isEarly = isFromFuture(said, nowMs);
    if (isEarly && this.head?.isFromFuture !== true) {
      const aheadSeconds = said.timestampSeconds - Math.floor(nowMs / 1_000);
      log.write('RPC_ENDPOINT_AHEAD', { endpoint_index: this.index, endpoint: this.name, seconds: aheadSeconds });
      metrics.count('RpcHeadFromFuture');
    }
    this.head = {
      number: said.number,
      minedAtMs: said.timestampSeconds * 1_000,
      atMs: nowMs,
      isFromFuture: isEarly,
    };
    this.#onHead(this);
  }

  /** With each look at a block goes the question which chain it is of: behind a URL the chain may change at any time. */
  async #exchange(calls: readonly RpcCall[], deadline: Deadline): Promise<readonly RpcOutcome[]> {
    if (!calls.some(({ method }) => method === 'eth_getBlockByNumber')) {
      return this.#facts.rpc.ask(calls, (answered) => answered, deadline);
    }
    const outcomes = await this.#facts.rpc.ask([...calls, CHAIN_ID], (answered) => answered, deadline);
    const served = servedChain(outcomes[calls.length]);
    // It was seen to serve the chain before; only that it now names another one is news.
    if (served !== undefined) this.#checkChain(served);
    return outcomes.slice(0, calls.length);
  }

  async #verify(deadline: Deadline): Promise<void> {
    this.#checkChain(await this.#facts.rpc.ask([CHAIN_ID], readChainId, deadline));
    this.#wrongUntilMs = Number.NEGATIVE_INFINITY;
    this.#isVerified = true;
  }

  #checkChain(served: number): void {
    const { chainId, clock, log, metrics } = this.#context;
    if (served === chainId) return;
    this.#isVerified = false;
    this.#wrongUntilMs = clock() + WRONG_CHAIN_RECHECK_MS;
    log.write('RPC_ENDPOINT_WRONG_CHAIN', { endpoint_index: this.index, endpoint: this.name, served });
    metrics.count('RpcWrongChain');
    throw new HavenError('CONFIGURATION', `An RPC endpoint of chain ${chainId} serves chain ${served}`);
  }
}

const CHAIN_ID: RpcCall = { method: 'eth_chainId', params: [] };

function readChainId([outcome]: readonly RpcOutcome[]): number {
  const served = servedChain(outcome);
  if (served === undefined) throw new RpcTransportError('The endpoint does not say which chain it serves');
  return served;
}

function servedChain(outcome: RpcOutcome | undefined): number | undefined {
  return numberQuantity.safeParse(outcome?.ok === true ? outcome.result : undefined).data;
}

const headSchema = z
  .object({ number: numberQuantity, timestamp: numberQuantity })
  .transform(({ number, timestamp }) => ({ number, timestampSeconds: timestamp }));

function headOf(outcome: RpcOutcome | undefined): z.output<typeof headSchema> | undefined {
  return headSchema.safeParse(outcome?.ok === true ? outcome.result : undefined).data;
}
