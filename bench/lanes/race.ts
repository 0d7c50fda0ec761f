import { sleep } from '#shared/platform/retry.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { BlockWatch } from './block-watch.ts';
import type { Contender, TransferOutcome } from './contender.ts';
import { createContenders } from './contenders.ts';
import { confirmedTimes, figuresOf, type LaneFigures, type Run } from './figures.ts';
import type { RaceFindings } from './findings.ts';
import { StepTimes } from './step-times.ts';
import { judgeAll } from './verdict.ts';

/** Transfers asked for at once, and how often in a round: the smaller, the oftener, so that all have enough for a tail. */
const SIZES = [
  { atOnce: 1, runsPerRound: 4 },
  { atOnce: 10, runsPerRound: 2 },
  { atOnce: 100, runsPerRound: 1 },
] as const;
/** Enough to start every worker process of every function, and to fill every cache. All contenders at the same time. */
const WARM_UP = 20;
/** Of the local chain (local/services.ts). */
const BLOCK_TIME_MS = 1_000;

/** Runs of all contenders, and what became of everything that each was asked for. */
class Race {
  readonly contenders: readonly Contender[];
  readonly #blocks: BlockWatch;
  readonly #outcomes = new Map<Contender, TransferOutcome[]>();
  readonly #runs = new Map<string, Run[]>();

  constructor(contenders: readonly Contender[], blocks: BlockWatch) {
    this.contenders = contenders;
    this.#blocks = blocks;
  }

  /** Everything a contender was asked for, warming up included. */
  outcomesOf(contender: Contender): readonly TransferOutcome[] {
    return this.#outcomes.get(contender) ?? [];
  }

  /** One run that doesn't count; its transfers are looked for on the chain all the same. */
  async warmUp(contender: Contender): Promise<void> {
    await this.#send(contender, WARM_UP);
  }

  /**
   * One run that counts.
   *
   * @param phase where between two blocks it begins, 0 to 1
   */
  async run(contender: Contender, atOnce: number, phase: number): Promise<void> {
    await this.#blocks.nextBlock();
    await sleep(BLOCK_TIME_MS * phase);
    const outcomes = await this.#send(contender, atOnce);
    const blocks = confirmedTimes(outcomes).map(({ blockNumber }) => blockNumber);
    const lastMinedAt = blocks.length === 0 ? null : this.#blocks.seenAt(Math.max(...blocks));
    const key = runsKey(contender, atOnce);
    this.#runs.set(key, [...(this.#runs.get(key) ?? []), { outcomes, lastMinedAt }]);
  }

  figures(): readonly LaneFigures[] {
    return SIZES.flatMap(({ atOnce }) =>
      this.contenders
        .filter(({ fewestAtOnce }) => atOnce >= fewestAtOnce)
        .map((contender) => figuresOf(contender.name, atOnce, this.#runs.get(runsKey(contender, atOnce)) ?? [])),
    );
  }

  async #send(contender: Contender, count: number): Promise<readonly TransferOutcome[]> {
    const before = this.outcomesOf(contender);
    const serials = Array.from({ length: count }, (_, index) => before.length + index + 1);
    const outcomes = await contender.send(serials);
    this.#outcomes.set(contender, [...before, ...outcomes]);
    return outcomes;
  }
}

function runsKey({ name }: Contender, atOnce: number): string {
  return `${name} ${atOnce}`;
}

/**
 * Measures all contenders in turns: in every round each has its runs at every size, so that a drift of the machine hits
 * all alike. The first run of all begins at one place between two blocks, the next at another, because waiting for a
 * block is a large part of every figure.
 */
export async function race(haven: LocalHaven, rounds: number, say: (text: string) => void): Promise<RaceFindings> {
  const sizes = SIZES.map((size) => ({ ...size, times: new StepTimes() }));
  let current = new StepTimes();
  say('funding wallets and keys');
  const contenders = await createContenders(haven, () => current);
  const blocks = await BlockWatch.start(haven.info.rpcUrl);
  try {
    const running = new Race(contenders, blocks);
    say(`warming up, ${WARM_UP} transfers each`);
    await Promise.all(contenders.map((contender) => running.warmUp(contender)));
    for (let round = 0; round < rounds; round += 1) {
      for (const { atOnce, runsPerRound, times } of sizes) {
        say(`round ${round + 1} of ${rounds}, ${atOnce} at once`);
        current = times;
        for (let nth = round * runsPerRound; nth < (round + 1) * runsPerRound; nth += 1) {
          for (const contender of rotated(contenders, nth)) {
            if (atOnce >= contender.fewestAtOnce) await running.run(contender, atOnce, nth / (rounds * runsPerRound));
          }
        }
      }
    }
    say('reading the chain');
    return {
      figures: running.figures(),
      verdicts: await judgeAll(haven.info.rpcUrl, contenders, (contender) => running.outcomesOf(contender)),
      driverSteps: sizes.map(({ atOnce, runsPerRound, times }) => ({
        atOnce,
        steps: times.figures(rounds * runsPerRound),
      })),
    };
  } finally {
    blocks.close();
    for (const contender of contenders) contender.close();
  }
}

/** Each run begins with another contender. */
function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}
