/** When what happened to one transfer, in milliseconds since the Unix epoch. */
export interface TransferTimes {
  /** The caller asks for it. */
  readonly askedAt: number;
  /** It counts as accepted: Haven says so in its history; a library takes it over when it is called. */
  readonly acceptedAt: number;
  /** The caller has the answer. */
  readonly answeredAt: number;
  /** A node has it. */
  readonly broadcastAt: number;
  /** The sender knows that it is confirmed. */
  readonly confirmedAt: number;
  /** The block that has it. */
  readonly blockNumber: number;
}

/** What the sender says became of one transfer. What the chain says is another matter (chain-scan.ts). */
export type TransferOutcome =
  | { readonly kind: 'confirmed'; readonly serial: number; readonly times: TransferTimes }
  | { readonly kind: 'failed'; readonly serial: number; readonly reason: string };

/** Something that sends transfers from one account, under one name in the report. */
export interface Contender {
  readonly name: string;
  /** Its only account. */
  readonly address: string;
  /** The fewest transfers at once for which it is measured. */
  readonly fewestAtOnce: number;
  /**
   * Asks for transfers of these amounts all at once, and waits until each is confirmed, has failed, or its time is up.
   * Never rejects for a transfer's sake.
   *
   * @param serials base units of HAVEN; each is used once, so that a transfer is recognised on the chain
   */
  send(serials: readonly number[]): Promise<readonly TransferOutcome[]>;
  /** Ends what it keeps open. */
  close(): void;
}

/** Where everybody sends, and what. */
export interface Course {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly tokenAddress: string;
}

/** Now, in milliseconds since the Unix epoch, by the clock that Haven's history is written by. */
export function nowMs(): number {
  return Date.now();
}

/** Blocks, the including one counted, after which every contender counts a transfer as confirmed: Haven's local stage. */
export const CONFIRMATIONS = 2;

/** How often the libraries look for blocks: four times a block, where their defaults of 4 s are meant for 12 s blocks. */
export const LIBRARY_POLL_MS = 250;

/** A hundred transfers take some ten seconds on a slow day; what is not confirmed after this time counts as failed. */
export const CONFIRM_TIMEOUT_MS = 60_000;

/**
 * Runs one transfer of a library to its end.
 *
 * @param work rejects when the library gives it up
 */
export async function libraryOutcome(serial: number, work: () => Promise<TransferTimes>): Promise<TransferOutcome> {
  try {
    return { kind: 'confirmed', serial, times: await work() };
  } catch (error) {
    return { kind: 'failed', serial, reason: reasonOf(error) };
  }
}

/** The first line of an error: libraries add pages. */
export function reasonOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return first;
}
