/** The commands on all data. */
export type DataCommand = 'check' | 'export' | 'import';

/** Thrown when a command is asked for in a way that it doesn't know. Its message names what. */
export class BadUsage extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BadUsage';
  }
}

/** Thrown when an export can't be taken for what it says it is, or the tables can't take it. Its message says why. */
export class BadExport extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BadExport';
  }
}

/** How each command is called. */
export const USAGE: Readonly<Record<DataCommand, string>> = {
  check: `Usage: npm run data:check -- --stage NAME [--rpc-url URL]

Walks the shop's rows, the holders of deposit wallets and the streams of products, and names everything that does not fit together: counts of stock,
orphans, sums, addresses. Reads only. Rows are read one after the other: on a stage that works, look again at what is reported before you believe it.
With the endpoint of a chain: what came to addresses of swept orders, too, against what left them and what the chain has there.
Exit 0: all fits. 1: findings.`,
  export: `Usage: npm run data:export -- --stage NAME --dir FOLDER

Writes all tables to a new folder. Not a snapshot of one moment: stop what writes first, or use DynamoDB's point-in-time recovery. What is in it
is as secret as the tables are: personal data, and keys as they are stored (encrypted, or as names of KMS keys).`,
  import: `Usage: npm run data:import -- --stage NAME --dir FOLDER [--create-tables]

Puts an export into the tables of a stage. Replaces nothing: an item that is there and differs ends the run. Run again, it goes on.
With --create-tables it makes those that are missing, bare: to look at an export, not for a stage to run on.`,
};
