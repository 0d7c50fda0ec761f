import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { standAround } from '#test/support/crash/access-points.ts';
import { ACCESS_LINE, ANSWER_LINE, BLOCK_LINE, crashPlanSchema } from '#test/support/crash/crash-plan.ts';
import { inProcess } from '#test/support/in-process.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';
import { LabTime } from '#test/support/lane-lab/lab-time.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';

/**
 * A lane worker in a process of its own, which kills itself where its plan says, with a signal that nothing can catch. It waits for
 * its plan on standard input, so that it can be started before there is one.
 */
const { info, tables, chain, rpcUrl, lane, startMs, kill } = crashPlanSchema.parse(
  JSON.parse(await text(process.stdin)),
);
const labChain = new LabChain(rpcUrl);
const { clock, sleep } = new LabTime(labChain, chain.block_time_ms, startMs, { onBlock: async () => say(BLOCK_LINE) });
const parts = await inProcess({ info }, { tables, chains: [chain], rpcUrl, clock, sleep });

let accesses = 0;
standAround(parts, rpcUrl, async (name, effect) => {
  const index = accesses;
  accesses += 1;
  say(ACCESS_LINE + name);
  if (kill?.index === index && kill.side === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await effect();
  if (kill?.index === index && kill.side === 'after') process.kill(process.pid, 'SIGKILL');
  say(ANSWER_LINE);
  return answer;
});
await workLane(parts, lane);

/** Written at once, past every buffer: the process may not live to write it later. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
