import * as z from 'zod';
import { nowMs } from './contender.ts';

const headMessage = z.object({ params: z.object({ result: z.object({ number: z.string() }) }) });

/** No block for this long means that the chain has stopped. */
const BLOCK_TIMEOUT_MS = 10_000;

/**
 * Notes when each block came to be seen, by a subscription: one message a block, so that watching costs those who are
 * measured next to nothing.
 */
export class BlockWatch {
  readonly #socket: WebSocket;
  readonly #seen = new Map<number, number>();
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const at = nowMs();
      const message = headMessage.safeParse(JSON.parse(String(data)));
      if (!message.success) return;
      this.#seen.set(Number(message.data.params.result.number), at);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Watches a chain. */
  static async start(rpcUrl: string): Promise<BlockWatch> {
    const socket = new WebSocket(rpcUrl.replace(/^http/, 'ws'));
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error('The chain takes no subscription')), { once: true });
    });
    const watch = new BlockWatch(socket);
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
    await watch.nextBlock();
    return watch;
  }

  /** Waits for the next block. */
  nextBlock(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The chain makes no blocks')), BLOCK_TIMEOUT_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * When a block was seen, in milliseconds since the Unix epoch.
   *
   * @throws Error when it was not
   */
  seenAt(blockNumber: number): number {
    const at = this.#seen.get(blockNumber);
    if (at === undefined) throw new Error(`Block ${blockNumber} was not seen`);
    return at;
  }

  /** Ends the subscription. */
  close(): void {
    this.#socket.close();
  }
}
