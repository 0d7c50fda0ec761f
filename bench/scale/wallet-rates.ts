import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { walletWithHaven } from '../lanes/accounts.ts';
import { BlockWatch } from '../lanes/block-watch.ts';
import type { Contender } from '../lanes/contender.ts';
import { confirmedTimes, figuresOf, type LaneFigures, type Run } from '../lanes/figures.ts';
import { createHavenApiContender } from '../lanes/haven-api-contender.ts';
import { createHavenDriverContender, withCap } from '../lanes/haven-driver-contender.ts';

/** All at once, spread evenly over the wallets. */
const TRANSFERS = 100;
const WALLET_COUNTS = [1, 20] as const;
/** What a chain can be configured with at most: the local stage's own. */
const CAP = 64;
/** Starts every worker and fills every cache. */
const WARM_UP_EACH = 1;

/** What so many wallets sent together. */
export interface WalletRates {
  readonly wallets: number;
  readonly figures: LaneFigures;
}

/** Measures how many transfers a second one wallet and many have mined, through the deployed Haven and by its driver alone. */
export async function measureWallets(
  haven: LocalHaven,
  rounds: number,
  say: (text: string) => void,
): Promise<readonly WalletRates[]> {
  const parts = await inProcess(haven);
  const audit = stageAudit(parts);
  const store = createLaneStore(parts.client, parts.tables);
  const driver = withCap({ accept: parts.accept, lanes: parts.lanes, audit, context: parts.context }, CAP);
  const blocks = await BlockWatch.start(haven.info.rpcUrl);
  const found: WalletRates[] = [];
  try {
    for (const wallets of WALLET_COUNTS) {
      say(`funding ${wallets} wallets, twice`);
      const many = async (make: () => Promise<Contender>) => {
        const made: Contender[] = [];
        for (let nth = 0; nth < wallets; nth += 1) made.push(await make());
        return made;
      };
      const teams = {
        'Haven, deployed': await many(async () =>
          createHavenApiContender({ client: haven.client, store, audit }, haven.info, await walletWithHaven(haven)),
        ),
        "Haven's driver": await many(async () =>
          createHavenDriverContender('driver', 1, driver, haven.info, await walletWithHaven(haven)),
        ),
      };
      for (const [name, team] of Object.entries(teams)) {
        const runs: Run[] = [];
        await sendTogether(team, WARM_UP_EACH, 0);
        for (let round = 0; round < rounds; round += 1) {
          say(`${name}: ${TRANSFERS} transfers of ${wallets} wallets, round ${round + 1} of ${rounds}`);
          await blocks.nextBlock();
          const each = TRANSFERS / wallets;
          const outcomes = await sendTogether(team, each, WARM_UP_EACH + round * each);
          const numbers = confirmedTimes(outcomes).map(({ blockNumber }) => blockNumber);
          const lastMinedAt = numbers.length === 0 ? null : blocks.seenAt(Math.max(...numbers));
          runs.push({ outcomes, lastMinedAt });
        }
        found.push({ wallets, figures: figuresOf(name, TRANSFERS, runs) });
      }
    }
    return found;
  } finally {
    blocks.close();
  }
}

/** Each wallet sends so many at once, all wallets at the same time. Serials are a wallet's own. */
async function sendTogether(team: readonly Contender[], each: number, after: number) {
  const serials = Array.from({ length: each }, (_, index) => after + index + 1);
  return (await Promise.all(team.map((contender) => contender.send(serials)))).flat();
}
