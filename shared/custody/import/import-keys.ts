import { type Pace, sideBySide } from '#shared/platform/side-by-side.ts';
import { type Candidate, examineRow, type RefusedRow } from './examine-row.ts';
import type { ImportHeader, RowOutcome } from './import-journal.ts';
import { type ImportWalletDependencies, importWallet, type Occupant, occupantOf } from './import-wallet.ts';
import type { KeyEncoding } from './key-text.ts';
import { overwriteRow, type SourceRow } from './source-row.ts';

/** What an import needs besides its source. */
export interface ImportDependencies extends ImportWalletDependencies {
  /** Keeps what was settled before this returns. */
  readonly settle: (outcome: RowOutcome) => void;
}

/** How to import. */
export interface ImportOptions {
  readonly header: ImportHeader;
  readonly encoding: KeyEncoding;
  readonly pace: Pace;
  /** Who imports: the IAM identity. */
  readonly actor: string;
  /** False: nothing is written, KMS isn't asked. */
  readonly isWriting: boolean;
}

/** A row that has been looked at. */
type Examined = Candidate | (RefusedRow & { readonly firstLine?: number });

/**
 * What is settled, by line and by address. Some hundred bytes a row, the only thing that grows with the source: without it
 * a key that comes twice would be found by its address alone, and pass for imported.
 */
export class SettledRows {
  readonly #lines = new Set<number>();
  readonly #lineByAddress = new Map<string, number>();

  /** Whether a row is settled. */
  has(line: number): boolean {
    return this.#lines.has(line);
  }

  /** Remembers an outcome of an earlier run. */
  add(outcome: RowOutcome): void {
    this.#lines.add(outcome.line);
    if (outcome.outcome !== 'refused') this.claim(outcome.address, outcome.line);
  }

  /**
   * Claims an address for a row.
   *
   * @returns the row that had it first
   */
  claim(address: string, line: number): number {
    const first = this.#lineByAddress.get(address);
    if (first !== undefined) return first;
    this.#lineByAddress.set(address, line);
    return line;
  }
}

/**
 * Imports a source: every row that isn't settled yet is examined, in its order, and made a wallet, several at once. What
 * became of it is settled before the next is begun in its place, so that a killed import goes on where it was; what it stored
 * and had not settled yet it finds in the tables.
 *
 * @throws the first failure that is not a row's fault, after what was under way is done
 */
export async function importKeys(
  deps: ImportDependencies,
  rows: AsyncIterable<SourceRow>,
  settled: SettledRows,
  options: ImportOptions,
): Promise<void> {
  async function* examined(): AsyncGenerator<Examined> {
    for await (const row of rows) {
      if (settled.has(row.line)) overwriteRow(row);
      else yield withoutDuplicate(examineRow(row, options.encoding), settled);
    }
  }
  await sideBySide(
    examined(),
    async (row) => deps.settle(await outcomeOf(deps, row, options)),
    options.pace,
    (row) => 'refusal' in row,
  );
}

/** Refuses a row whose key an earlier one has. */
function withoutDuplicate(row: Candidate | RefusedRow, settled: SettledRows): Examined {
  if ('refusal' in row) return row;
  const { line, address, key } = row;
  const firstLine = settled.claim(address, line);
  if (firstLine === line) return row;
  key.fill(0);
  return { line, address, refusal: 'duplicate_in_source', firstLine };
}

async function outcomeOf(
  deps: ImportDependencies,
  row: Examined,
  { header, actor, isWriting }: ImportOptions,
): Promise<RowOutcome> {
  const { line } = row;
  if ('refusal' in row) {
    const first = row.firstLine === undefined ? {} : { first_line: row.firstLine };
    return { line, outcome: 'refused', address: row.address, reason: row.refusal, ...first };
  }
  const { address } = row;
  if (!isWriting) {
    row.key.fill(0);
    const there = await occupantOf(deps.client, deps.tables.ledger, address);
    return there === undefined
      ? { line, outcome: 'importable', address }
      : takenBy({ ...there, isImported: false }, line, address);
  }
  return takenBy(await importWallet(deps, row, header, actor), line, address);
}

/** What an address that has a wallet comes to; one without a key is no place where the row's key is. */
function takenBy(
  { walletId, isWallet, isImported }: Occupant & { readonly isImported: boolean },
  line: number,
  address: string,
): RowOutcome {
  const found = { line, address, wallet_id: walletId };
  if (!isWallet) return { ...found, outcome: 'refused', reason: 'wallet_has_no_key' };
  return { ...found, outcome: isImported ? 'imported' : 'already_there' };
}
