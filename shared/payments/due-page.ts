/** Ids of orders of one page of what is due. */
export interface DuePage {
  readonly ids: readonly string[];
  /** After what the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}
