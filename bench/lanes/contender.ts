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

/** Something that sends transfers from one account, under one name in the report. */
export interface Contender {
  readonly name: string;
  /** Its only account. */
  readonly address: string;
  /**
   * Asks for transfers of these amounts all at once, and waits until every one is confirmed and nothing is under way.
   *
   * @param serials base units of HAVEN; each is used once, so that a transfer is recognised on the chain
   */
  send(serials: readonly number[]): Promise<readonly TransferTimes[]>;
  /** Ends what it keeps open. */
  close(): void;
}

/** Now, in milliseconds since the Unix epoch, with fractions. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Blocks, the including one counted, after which every contender counts a transfer as confirmed: Haven's local stage. */
export const CONFIRMATIONS = 2;

/** How often the libraries look for blocks: four times a block, where their defaults of 4 s are meant for 12 s blocks. */
export const LIBRARY_POLL_MS = 250;
