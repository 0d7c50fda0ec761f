import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { anvilBinary, DEV_MNEMONIC, type DevAccount, devAccount } from '#local/anvil.ts';

/** A running local chain. */
export interface Anvil {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** The ten dev accounts, each with 10,000 ETH. */
  readonly accounts: readonly [DevAccount, DevAccount, DevAccount, DevAccount, ...DevAccount[]];
  /** Ends the process and waits until it is gone. Stopping twice changes nothing. */
  stop(): Promise<void>;
}

/** How a local chain is to be. */
export interface AnvilOptions {
  /** Absent or 0: a free one, chosen by the system. */
  readonly port?: number;
  /** Absent: a block for every transaction, at once. */
  readonly blockTimeSeconds?: number;
  /** Blocks only when a test asks for them, by evm_mine. */
  readonly minesOnDemand?: boolean;
  /** Whose blocks it begins with, as they are when it starts: from there on it is a fork. */
  readonly forkOf?: string;
  /** The rules of the chain; absent: the latest. `berlin` has no base fee. */
  readonly hardfork?: 'berlin';
  /** The time of its first block, in seconds since the Unix epoch; absent: now. */
  readonly beginsAt?: number;
}

/** A start takes well under a second; this much only when the machine is very busy. */
const START_TIMEOUT_MS = 20_000;

/** An interrupted anvil ends at once; one that doesn't is killed. */
const STOP_TIMEOUT_MS = 5_000;

const DEV_ACCOUNTS: Anvil['accounts'] = [
  devAccount(0),
  devAccount(1),
  devAccount(2),
  devAccount(3),
  ...[4, 5, 6, 7, 8, 9].map(devAccount),
];

const chainIdAnswer = z.object({ result: z.string() });

/**
 * Starts a local chain on 127.0.0.1 that belongs to the caller alone.
 *
 * @throws Error with anvil's own words when it does not come up
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const interval = options.blockTimeSeconds === undefined ? [] : ['--block-time', String(options.blockTimeSeconds)];
  const mining = options.minesOnDemand === true ? ['--no-mining'] : interval;
  const rules = options.hardfork === undefined ? [] : ['--hardfork', options.hardfork];
  const begin = options.beginsAt === undefined ? [] : ['--timestamp', String(options.beginsAt)];
  const fork = options.forkOf === undefined ? [] : ['--fork-url', options.forkOf];
  const child = spawn(
    anvilBinary(),
    [
      '--host',
      '127.0.0.1',
      '--port',
      String(options.port ?? 0),
      '--mnemonic',
      DEV_MNEMONIC,
      ...mining,
      ...rules,
      ...begin,
      ...fork,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stop = stopper(child);
  try {
    const rpcUrl = `http://${await listeningOn(child)}`;
    return { rpcUrl, chainId: await readChainId(rpcUrl), accounts: DEV_ACCOUNTS, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the line that says where anvil listens: only it knows which free port it took. */
function listeningOn(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`anvil ${why}:\n${said.join('\n')}`));
    const timer = setTimeout(() => fail(`did not come up within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    child.once('error', (error) => settle(() => reject(error)));
    // `close`, not `exit`: by then everything that it said has been read.
    child.once('close', (code) => settle(() => fail(`ended with code ${code}`)));
    // The listeners stay, because a pipe that nobody reads stops the process in the end.
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const address = /^Listening on (\S+)$/.exec(line)?.[1];
        if (address !== undefined) settle(() => resolve(address));
        if (said.length < 100) said.push(line);
      });
    }
  });
}

async function readChainId(rpcUrl: string): Promise<number> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal: AbortSignal.timeout(START_TIMEOUT_MS),
  });
  return Number(chainIdAnswer.parse(await response.json()).result);
}

function stopper(child: ChildProcessByStdio<null, Readable, Readable>): () => Promise<void> {
  const kill = () => child.kill('SIGKILL');
  // A test run that ends early takes its chain along.
  process.once('exit', kill);
  const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return async () => {
    process.off('exit', kill);
    if (!running()) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(kill, STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
}
