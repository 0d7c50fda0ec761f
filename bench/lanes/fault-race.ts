import { sleep } from '#shared/platform/retry.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { type Contender, nowMs, type TransferOutcome } from './contender.ts';
import { createFaultContenders, type Maker } from './fault-contenders.ts';
import { startFaultyNode } from './faulty-node.ts';
import type { FaultFindings, FaultVerdict } from './findings.ts';
import { judgeAll, sumOf } from './verdict.ts';

/** A bad hour of a public endpoint. */
const FAULT_PERCENT = 10;
/** Everybody meets the same three sequences of faults, each on an account of its own. */
const SEEDS = [1, 2, 3] as const;
const WAVES = 6;
const AT_ONCE = 10;
/** After its last wave. What a library still has under way can fail a while after its caller has given up. */
const SETTLE_MS = 2_000;

/** What came of all waves of one account. */
interface Waves {
  readonly contender: Contender;
  readonly outcomes: readonly TransferOutcome[];
  readonly tookMs: number;
}

/**
 * Sends transfers through nodes that lose requests and answers, and asks the chain afterwards what really happened. One
 * contender after the other. The libraries are used as they come; nobody catches a failure and asks again.
 */
export async function raceWithFaults(haven: LocalHaven, say: (text: string) => void): Promise<FaultFindings> {
  const verdicts: FaultVerdict[] = [];
  for (const [name, make] of Object.entries(await createFaultContenders(haven))) {
    say(`a node that fails now and then: ${name}`);
    verdicts.push(await raceOne(haven.info.rpcUrl, make));
  }
  return { faultPercent: FAULT_PERCENT, accounts: SEEDS.length, waves: WAVES, atOnce: AT_ONCE, verdicts };
}

async function raceOne(rpcUrl: string, make: Maker): Promise<FaultVerdict> {
  let crashes = 0;
  const crashed = () => {
    crashes += 1;
  };
  process.on('unhandledRejection', crashed);
  try {
    const all = await Promise.all(SEEDS.map((seed) => sendWaves(rpcUrl, seed, make)));
    const verdicts = await judgeAll(
      rpcUrl,
      all.map(({ contender }) => contender),
      (of) => all.find(({ contender }) => contender === of)?.outcomes ?? [],
    );
    return { ...sumOf(verdicts), crashes, tookMs: Math.max(...all.map(({ tookMs }) => tookMs)) };
  } finally {
    process.off('unhandledRejection', crashed);
  }
}

async function sendWaves(rpcUrl: string, seed: number, make: Maker): Promise<Waves> {
  const node = await startFaultyNode(rpcUrl, FAULT_PERCENT, seed);
  try {
    const contender = await make(node.url);
    const outcomes: TransferOutcome[] = [];
    const began = nowMs();
    for (let wave = 0; wave < WAVES; wave += 1) {
      const serials = Array.from({ length: AT_ONCE }, (_, index) => wave * AT_ONCE + index + 1);
      outcomes.push(...(await contender.send(serials)));
      // The first wave finds everything well: nobody fails for having just begun.
      node.beginFaults();
    }
    const tookMs = nowMs() - began;
    await sleep(SETTLE_MS);
    contender.close();
    return { contender, outcomes, tookMs };
  } finally {
    await node.close();
  }
}
