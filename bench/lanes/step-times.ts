import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { median } from '../statistics.ts';

/** How long one step of the driver took, over some runs. */
export interface StepFigures {
  readonly step: string;
  /** How often in one run, on average. */
  readonly perRun: number;
  readonly medianMs: number;
  /** All of them in one run, on average. */
  readonly totalMsPerRun: number;
}

/** Where the driver's time goes: the duration of everything that it waits for, by name. */
export class StepTimes {
  readonly #durationsMs = new Map<string, number[]>();

  /** Runs one step and notes how long it took, whether it succeeded or not. */
  async time<T>(step: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      const known = this.#durationsMs.get(step) ?? [];
      known.push(performance.now() - began);
      this.#durationsMs.set(step, known);
    }
  }

  /** The figures of all steps, the most time-consuming first. */
  figures(runs: number): readonly StepFigures[] {
    return [...this.#durationsMs]
      .map(([step, durations]) => ({
        step,
        perRun: durations.length / runs,
        medianMs: median(durations),
        totalMsPerRun: durations.reduce((sum, duration) => sum + duration, 0) / runs,
      }))
      .sort((a, b) => b.totalMsPerRun - a.totalMsPerRun);
  }
}

/** The request that begins with the head too, and asks for the account's count and balance with it. */
const ACCOUNT_STEP = 'RPC: head, count, balance';

/** What each RPC request of the driver is for, by its first method. All others go by that method's name. */
const RPC_STEPS: Readonly<Record<string, string>> = {
  eth_getBlockByNumber: 'RPC: canonical blocks',
  eth_getTransactionReceipt: 'RPC: receipts',
  eth_feeHistory: 'RPC: fee history',
  eth_estimateGas: 'RPC: estimate gas',
  eth_sendRawTransaction: 'RPC: broadcast',
};

/**
 * The same dependencies, with every wait of the driver timed.
 *
 * @param rpc the chain's endpoint
 * @param steps gives the times of the run that is going on
 */
export function timedLanes(lanes: LaneDependencies, rpc: JsonRpc, steps: () => StepTimes): LaneDependencies {
  const { store, signer } = lanes;
  const timedRpc: JsonRpc = {
    ask: (calls, read, deadline) => {
      const method = calls[0]?.method ?? '';
      const step = calls[1]?.method === 'eth_getTransactionCount' ? ACCOUNT_STEP : RPC_STEPS[method];
      return steps().time(step ?? method, () => rpc.ask(calls, read, deadline));
    },
  };
  const client = new ChainClient(timedRpc);
  const clients: ChainClients = { for: async () => client };
  return {
    ...lanes,
    clients,
    store: {
      ...store,
      load: (key) => steps().time('DynamoDB: load the lane', () => store.load(key)),
      hasQueued: (key) => steps().time('DynamoDB: look for queued', () => store.hasQueued(key)),
      signedBytes: (attempts) => steps().time('DynamoDB: signed bytes', () => store.signedBytes(attempts)),
      claim: (...args) => steps().time('DynamoDB: claim nonces, store signed bytes', () => store.claim(...args)),
      apply: (...args) => steps().time('DynamoDB: store state changes', () => store.apply(...args)),
    },
    signer: { sign: (wallet, digests) => steps().time('KMS and signing', () => signer.sign(wallet, digests)) },
    sleep: (durationMs) => steps().time('idle: waiting for blocks', () => lanes.sleep(durationMs)),
  };
}
