import { parseBenchArguments } from './arguments.ts';
import type { ReportTable } from './bench.ts';
import { BENCHES } from './catalogue.ts';
import { describeMachine } from './machine.ts';
import { renderMarkdown, renderText } from './render.ts';
import { writeResults } from './results-file.ts';

/** What is being done: when it fails, this says plainly what failed. */
let doing = 'reading the arguments';

/** Runs benches on the Haven that HAVEN_LOCAL_DIR names; local/bench-command.ts brings it up. */
async function main(args: readonly string[]): Promise<void> {
  const { names, markdown, rounds } = parseBenchArguments(args, Object.keys(BENCHES));
  const machine = describeMachine();
  const tables: ReportTable[] = [];
  const data: Record<string, unknown> = {};
  for (const name of names) {
    const say = (text: string) => {
      doing = `${name}: ${text}`;
      console.error(`  ${doing}`);
    };
    say('starting');
    const bench = await BENCHES[name]?.load();
    const report = await bench?.({ rounds, say });
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
  console.error(`\n✖ The bench failed at "${doing}": ${error instanceof Error ? error.message : String(error)}\n`);
  console.error(error);
  process.exitCode = 1;
}
