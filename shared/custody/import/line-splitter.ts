import { RowBytes } from './row-bytes.ts';

const LF = 0x0a;
const CR = 0x0d;

/** One line, valid until the next one is read. */
export interface SourceLine {
  /** From 1. */
  readonly number: number;
  /** Without its end; undefined when it is longer than a row may be. */
  readonly bytes: Uint8Array | undefined;
}

/** Splits bytes into lines that end in LF or CRLF, one at a time. */
export class LineSplitter {
  readonly #onLine: (line: SourceLine) => void;
  readonly #row = new RowBytes();
  #number = 1;

  constructor(onLine: (line: SourceLine) => void) {
    this.#onLine = onLine;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === LF) this.#finish();
      else this.#row.add(byte);
    }
  }

  /** Takes the end of the source for the end of a line. */
  end(): void {
    if (this.#row.length > 0) this.#finish();
  }

  #finish(): void {
    if (this.#row.view().at(-1) === CR) this.#row.dropLast();
    this.#onLine({ number: this.#number, bytes: this.#row.overflows ? undefined : this.#row.view() });
    this.#row.clear();
    this.#number += 1;
  }
}
