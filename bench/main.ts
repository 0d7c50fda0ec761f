import { BadArguments, parseBenchArguments } from './arguments.ts';
import type { Bench, ReportTable } from './bench.ts';
import { lanesBench } from './lanes/lanes-bench.ts';
import { describeMachine } from './machine.ts';
import { renderMarkdown, renderText } from './render.ts';
import { writeResults } from './results-file.ts';

/** Every bench there is; `npm run bench` without names runs all of them. */
const BENCHES: Readonly<Record<string, Bench>> = { lanes: lanesBench };

/** Runs the benches on the Haven that HAVEN_LOCAL_DIR names. */
async function main(args: readonly string[]): Promise<void> {
  const { names, markdown, rounds } = parseBenchArguments(args, Object.keys(BENCHES));
  const machine = describeMachine();
  const tables: ReportTable[] = [];
  const data: Record<string, unknown> = {};
  for (const name of names) {
    const report = await BENCHES[name]?.({ rounds, say: (text) => console.error(`  ${name}: ${text}`) });
    tables.push(...(report?.tables ?? []));
    data[name] = report?.data;
  }
  const file = writeResults(machine, data);
  console.log(`\n${markdown ? renderMarkdown(machine, tables) : renderText(machine, tables)}`);
  console.error(`\n  Everything is in ${file}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof BadArguments) console.error(`✖ ${error.message}`);
  else console.error('✖', error);
  process.exitCode = 1;
}
