import { randomUUID } from 'node:crypto';
import {
  differencesOf,
  type ImportHeader,
  importHeaderSchema,
  type RowOutcome,
  rowOutcomeSchema,
} from '#shared/custody/import/import-journal.ts';
import { type ImportDependencies, importKeys, SettledRows } from '#shared/custody/import/import-keys.ts';
import { inspectSource, openSource, type SourceFile } from '#shared/custody/import/source.ts';
import { REFUSALS } from '#shared/custody/import/source-row.ts';
import { BadJournal, Journal } from '#shared/custody/journal.ts';
import { dataKeyClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { recordCommand } from '#shared/custody/maintenance/command-audit.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { duration, Progress } from '../progress.ts';
import { importOptions } from './options.ts';
import { describeUsage, type ReportRow, refuseForeignReport, usageOf, writeReport } from './report.ts';
import { describeTarget, openTarget, type Target } from './target.ts';

type Options = ReturnType<typeof importOptions>;

const REPORT_COLUMNS = ['line', 'address', 'outcome', 'wallet_id', 'reason', 'first_line'];
/** Refusals that are shown one by one; all are in the report. */
const SHOWN_REFUSALS = 20;

/**
 * `npm run keys:import`: makes a wallet of every key in a file.
 *
 * @returns 0: every row has a wallet, or could have one; 1: rows were refused
 */
export async function importCommand(values: unknown, output: Output): Promise<number> {
  const options = importOptions(values);
  refuseForeignReport(options.report, REPORT_COLUMNS);
  const file = await inspectSource(options.file, options.format);
  const target = await openTarget('import', options);
  output.say(`keys:import${options.write ? '' : ' (dry run: nothing is written)'}`);
  for (const line of [...describeTarget(target), ...describeSource(file, options)]) output.say(line);
  const fresh = headerOf(file, options, target);
  return options.write
    ? writeImport(file, options, target, fresh, output)
    : tryImport(file, options, target, fresh, output);
}

async function writeImport(
  file: SourceFile,
  options: Options,
  target: Target,
  fresh: ImportHeader,
  output: Output,
): Promise<number> {
  const journal = Journal.open(options.journal, { header: importHeaderSchema, entry: rowOutcomeSchema }, fresh);
  try {
    const { header } = journal;
    const differences = differencesOf(header, fresh);
    if (differences.length > 0) {
      throw new BadJournal(
        `The journal ${options.journal} is of another import; there differs: ${differences.join('; ')}. Undo that, or name another journal`,
      );
    }
    output.say(`  journal  ${options.journal}${journal.isResumed ? ': goes on' : ''}`);
    const record = (action: string, detail: Record<string, unknown>) =>
      recordCommand(
        target.client,
        target.tables,
        { action, actor: target.actor, severity: 'CRITICAL', request_id: header.import_id, detail },
        systemClock,
      );
    const source = { source: `import:${header.source_sha256}`, purpose: header.purpose };
    await record('keys.import_started', { ...source, resumed: journal.isResumed });
    const settled = new SettledRows();
    for (const outcome of journal.entries()) settled.add(outcome);
    await run(file, options, target, header, settled, (outcome) => journal.append(outcome), output);
    const counts = count(journal.entries());
    await record('keys.import_finished', { ...source, ...counts.outcomes });
    return finish(counts, options, target, journal.entries(), output);
  } finally {
    journal.close();
  }
}

async function tryImport(
  file: SourceFile,
  options: Options,
  target: Target,
  header: ImportHeader,
  output: Output,
): Promise<number> {
  const outcomes: RowOutcome[] = [];
  await run(file, options, target, header, new SettledRows(), (outcome) => outcomes.push(outcome), output);
  return finish(count(outcomes), options, target, outcomes, output);
}

async function run(
  file: SourceFile,
  options: Options,
  target: Target,
  header: ImportHeader,
  settled: SettledRows,
  keep: (outcome: RowOutcome) => void,
  output: Output,
): Promise<void> {
  const source = openSource(file, options.reading);
  let rows = 0;
  const progress = new Progress(output, 'rows', () => ({ ...source.progress(), settled: rows }), systemClock);
  const deps: ImportDependencies = {
    client: target.client,
    tables: target.tables,
    encryptor: createKmsKeyEncryptor(target.walletKeyArn, dataKeyClient(target.kms)),
    clock: systemClock,
    settle: (outcome) => {
      keep(outcome);
      rows += 1;
      progress.tick();
    },
  };
  const { pace, encoding, write: isWriting } = options;
  const beganAtMs = systemClock();
  await importKeys(deps, source.rows, settled, { header, encoding, pace, actor: target.actor, isWriting });
  const tookMs = systemClock() - beganAtMs;
  output.say(`  ${rows} rows in ${duration(tookMs)}, ${((rows * 1_000) / Math.max(1, tookMs)).toFixed(1)} a second`);
}

interface Counts {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  /** The first refusals. */
  readonly refusals: readonly (RowOutcome & { readonly outcome: 'refused' })[];
}

function count(all: Iterable<RowOutcome>): Counts {
  const outcomes: Record<string, number> = {};
  const reasons: Record<string, number> = {};
  const refusals: (RowOutcome & { readonly outcome: 'refused' })[] = [];
  for (const outcome of all) {
    outcomes[outcome.outcome] = (outcomes[outcome.outcome] ?? 0) + 1;
    if (outcome.outcome !== 'refused') continue;
    reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
    if (refusals.length < SHOWN_REFUSALS) refusals.push(outcome);
  }
  return { outcomes, reasons, refusals };
}

function finish(
  { outcomes, reasons, refusals }: Counts,
  options: Options,
  target: Target,
  all: Iterable<RowOutcome>,
  output: Output,
): number {
  const refused = outcomes['refused'] ?? 0;
  for (const { line, reason, first_line } of refusals) {
    output.print(
      `  line ${line} refused: ${REFUSALS[reason]}${first_line === undefined ? '' : ` (line ${first_line})`}`,
    );
  }
  if (refused > refusals.length) output.print(`  and ${refused - refusals.length} more`);
  const shown = ['imported', 'importable', 'already_there', 'refused'].flatMap((outcome) =>
    outcomes[outcome] === undefined ? [] : [`${outcomes[outcome]} ${outcome.replace('_', ' ')}`],
  );
  output.print(`${shown.length === 0 ? 'no rows' : shown.join(', ')}`);
  const usage = usageOf(target);
  output.say(describeUsage(usage));
  if (options.report !== undefined) {
    writeReport(
      options.report,
      REPORT_COLUMNS,
      { written: options.write, ...outcomes, reasons, ...usage },
      rowsOf(all),
    );
    output.say(`  report   ${options.report}`);
  }
  if (!options.write) output.say('  Nothing was written. --write does it.');
  return refused > 0 ? 1 : 0;
}

function* rowsOf(all: Iterable<RowOutcome>): Generator<ReportRow> {
  for (const outcome of all) yield outcome;
}

function headerOf(file: SourceFile, options: Options, target: Target): ImportHeader {
  return {
    haven_import: 1,
    import_id: randomUUID(),
    started_at_ms: systemClock(),
    source_sha256: file.sha256,
    stage: target.stage,
    account: target.account,
    region: target.region,
    purpose: options.purpose,
    tags: options.tags,
    paused: options.paused,
    reading: JSON.stringify({ format: file.format, encoding: options.encoding, ...options.reading }),
  };
}

function describeSource(file: SourceFile, options: Options): readonly string[] {
  const table = options.reading.table === undefined ? '' : `, table ${options.reading.table}`;
  return [
    `  source   ${file.path}: ${file.format}${table}, ${file.bytes} bytes, sha256 ${file.sha256.slice(0, 16)}…`,
    `  wallets  purpose ${options.purpose}${options.paused ? ', paused' : ''}`,
  ];
}
