import { MAX_ROW_BYTES } from './source-row.ts';

/** The bytes of one row, in one buffer that is overwritten after every row. */
export class RowBytes {
  readonly #buffer = Buffer.alloc(MAX_ROW_BYTES);
  #length = 0;
  #overflows = false;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Whether there were more than a row may have; they are not kept. */
  get overflows(): boolean {
    return this.#overflows;
  }

  /** Adds a byte. */
  add(byte: number): void {
    if (this.#length === MAX_ROW_BYTES) this.#overflows = true;
    else {
      this.#buffer[this.#length] = byte;
      this.#length += 1;
    }
  }

  /** A view of some of the bytes, until the next `clear`. */
  view(start = 0, end = this.#length): Uint8Array {
    return this.#buffer.subarray(start, end);
  }

  /** Takes the last byte away. */
  dropLast(): void {
    this.#length -= 1;
    this.#buffer[this.#length] = 0;
  }

  /** Overwrites everything. */
  clear(): void {
    this.#buffer.fill(0, 0, this.#length);
    this.#length = 0;
    this.#overflows = false;
  }
}
