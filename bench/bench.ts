/** A table of a report: cells as Markdown, a paragraph before it. */
export interface ReportTable {
  readonly title: string;
  /** What the table shows, and how to read it. */
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a bench found. */
export interface BenchReport {
  readonly tables: readonly ReportTable[];
  /** Everything, for bench/results/latest.json. */
  readonly data: unknown;
}

/** What a bench is given. */
export interface BenchContext {
  /** undefined: what the bench thinks right. */
  readonly rounds: number | undefined;
  /** Says what is going on; not part of the result. */
  readonly say: (text: string) => void;
}

/** One bench of `npm run bench`. */
export type Bench = (context: BenchContext) => Promise<BenchReport>;
