import * as z from 'zod';
import { forward, type ProxyAnswer, type RpcProxy, startRpcProxy } from './rpc-proxy.ts';
import { seededRandom } from './seeded-random.ts';

/** What can go wrong between who sends and the node. */
export const CHAOS_FAULTS = [
  /** The connection breaks before the node has the request. */
  'drop',
  /** The node has done what it was asked, and its answer is lost. */
  'lose_answer',
  /** The answer comes when nobody waits for it any more. */
  'delay',
  /** The node gets the request when nobody waits for its answer any more. */
  'late_request',
  /** The node gets the request twice; the second answer is given. */
  'duplicate',
  /** The node takes signed bytes, and is said to have had them before. */
  'already_known',
  /** Signed bytes are said to be accepted, and no node ever gets them. */
  'forget',
  /** Another chain id is named. */
  'wrong_chain',
  /** The latest state is one from some blocks ago. */
  'stale_head',
  /** The batch is refused as a whole: one error in place of a list, or HTTP 429. */
  'refuse_batch',
] as const;

/** What can go wrong. */
export type ChaosFault = (typeof CHAOS_FAULTS)[number];

/** How much goes wrong: of a hundred requests that a fault can befall, how many it does. */
export type ChaosPercents = Readonly<Record<ChaosFault, number>>;

/** How the chaos is to be. */
export interface ChaosOptions {
  readonly target: string;
  readonly percents: ChaosPercents;
  /** The same faults for the same requests in the same order. */
  readonly seed: number;
  /** Longer than who sends waits for an answer. */
  readonly delayMs: number;
  /** How far back a stale state is. */
  readonly staleBlocks: number;
}

/** A node between whom and its callers much goes wrong. */
export interface ChaosProxy extends RpcProxy {
  /** How often each fault befell a request. */
  readonly counts: Readonly<Record<ChaosFault, number>>;
}

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });
const answerSchema = z.looseObject({ id: z.number(), result: z.unknown().optional(), error: z.unknown().optional() });
const blockNumber = z.object({ result: z.string() });

type Call = z.output<typeof callSchema>;
type Answer = z.output<typeof answerSchema>;

const isSend = ({ method }: Call) => method === 'eth_sendRawTransaction';
const isLatest = ({ params }: Call) => params.includes('latest');

const OK = 200;
const TOO_MANY_REQUESTS = 429;

/** They befall requests that do nothing but broadcast. */
const SEND_FAULTS: readonly ChaosFault[] = ['already_known', 'forget'];

/** Which requests a fault can befall. */
function applies(fault: ChaosFault, calls: readonly Call[]): boolean {
  if (SEND_FAULTS.includes(fault)) return calls.every(isSend);
  if (fault === 'wrong_chain') return calls.some(({ method }) => method === 'eth_chainId');
  if (fault === 'stale_head') return calls.some(isLatest);
  return true;
}

/** Puts a proxy in front of a node. */
export async function startChaosProxy(options: ChaosOptions): Promise<ChaosProxy> {
  const random = seededRandom(options.seed);
  const counts: Record<ChaosFault, number> = {
    drop: 0,
    lose_answer: 0,
    delay: 0,
    late_request: 0,
    duplicate: 0,
    already_known: 0,
    forget: 0,
    wrong_chain: 0,
    stale_head: 0,
    refuse_batch: 0,
  };
  const timers = new Set<NodeJS.Timeout>();

  const later = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });

  /**
   * A kind that has not happened yet comes first, so that a run has met all of them. Those that befall broadcasts only are
   * not left to the dice even then: a run may be so quick that it broadcasts a few times in all.
   */
  function draw(calls: readonly Call[]): ChaosFault | undefined {
    const possible = CHAOS_FAULTS.filter((fault) => options.percents[fault] > 0 && applies(fault, calls));
    const unmet = possible.find((fault) => SEND_FAULTS.includes(fault) && counts[fault] === 0);
    if (unmet !== undefined) return unmet;
    const drawn = random() * 100;
    let below = 0;
    const byPercents = possible.find((fault) => {
      below += options.percents[fault];
      return drawn < below;
    });
    if (byPercents === undefined) return undefined;
    return possible.find((fault) => counts[fault] === 0) ?? byPercents;
  }

  async function answer(body: string): Promise<ProxyAnswer | undefined> {
    const calls = z.array(callSchema).parse(JSON.parse(body));
    const fault = draw(calls);
    if (fault !== undefined) counts[fault] += 1;
    const answers = await answersOf(fault, calls);
    if (answers === undefined) return undefined;
    const status = fault === 'refuse_batch' && random() >= 0.5 ? TOO_MANY_REQUESTS : OK;
    return { status, text: JSON.stringify(answers) };
  }

  /** undefined: the connection breaks. */
  async function answersOf(fault: ChaosFault | undefined, calls: readonly Call[]): Promise<unknown> {
    switch (fault) {
      case 'drop':
        return undefined;
      case 'lose_answer':
        await ask(options.target, calls);
        return undefined;
      case 'delay': {
        const answers = await ask(options.target, calls);
        await later(options.delayMs);
        return answers;
      }
      case 'late_request':
        await later(options.delayMs);
        return ask(options.target, calls);
      case 'duplicate':
        await ask(options.target, calls);
        return ask(options.target, calls);
      case 'already_known':
        await ask(options.target, calls);
        return calls.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'already known' } }));
      case 'forget':
        return calls.map(({ id }) => ({ jsonrpc: '2.0', id, result: `0x${'f'.repeat(64)}` }));
      case 'wrong_chain':
        return calls.map(({ id }) => ({ jsonrpc: '2.0', id, result: '0x539' }));
      case 'stale_head':
        return ask(options.target, await staleCalls(calls));
      case 'refuse_batch':
        return {
          jsonrpc: '2.0',
          id: null,
          error: { code: -32_005, message: 'batch of requests refused: limit exceeded' },
        };
      case undefined:
        return ask(options.target, calls);
    }
  }

  async function staleCalls(calls: readonly Call[]): Promise<readonly Call[]> {
    const [head] = await ask(options.target, [{ id: 0, method: 'eth_blockNumber', params: [] }]);
    const number = Math.max(0, Number(blockNumber.parse(head).result) - options.staleBlocks);
    const block = `0x${number.toString(16)}`;
    return calls.map((call) => ({ ...call, params: call.params.map((value) => (value === 'latest' ? block : value)) }));
  }

  const proxy = await startRpcProxy(answer);
  return {
    ...proxy,
    counts,
    close() {
      for (const timer of timers) clearTimeout(timer);
      return proxy.close();
    },
  };
}

async function ask(target: string, calls: readonly Call[]): Promise<readonly Answer[]> {
  const { text } = await forward(target, JSON.stringify(calls.map((call) => ({ jsonrpc: '2.0', ...call }))));
  return z.array(answerSchema).parse(JSON.parse(text));
}
