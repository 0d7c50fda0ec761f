import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { standAround } from '#test/support/crash/access-points.ts';
import { ACCESS_LINE, ANSWER_LINE, BLOCK_LINE, crashPlanSchema } from '#test/support/crash/crash-plan.ts';
import { dyingAt } from '#test/support/crash/dying-at.ts';
import { inProcess } from '#test/support/in-process.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';
import { LabTime } from '#test/support/lane-lab/lab-time.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';

/**
 * A lane worker in a process of its own, which kills itself where its plan says, with a signal that nothing can catch. It waits for
 * its plan on standard input, so that it can be started before there is one. Its circuits are its own: on a stage they are rows, which
 * say whom to ask first and nothing of lanes.
 */
const plan = crashPlanSchema.parse(JSON.parse(await text(process.stdin)));
const { info, tables, queues, walletKeyArn, chain, rpcUrl, otherRpcUrls, lane, startMs, kill } = plan;
const labChain = new LabChain(rpcUrl);
const { clock, sleep } = new LabTime(labChain, chain.block_time_ms, startMs, { onBlock: async () => say(BLOCK_LINE) });
const own = { tables, queues, walletKeyArn, chains: [chain], rpcUrl, otherRpcUrls };
const parts = await inProcess({ info }, { ...own, clock, sleep });

const access = dyingAt(kill);
standAround(parts, [rpcUrl, ...otherRpcUrls], async (name, effect) => {
  say(ACCESS_LINE + name);
  try {
    return await access(name, effect);
  } finally {
    say(ANSWER_LINE);
  }
});
await workLane(parts, lane);

/** Written at once, past every buffer: the process may not live to write it later. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
