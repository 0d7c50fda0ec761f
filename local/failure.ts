/** A failure with what to do about it. The two are printed; the cause goes to the log. */
export class LocalFailure extends Error {
  readonly fix: string;

  constructor(what: string, fix: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'LocalFailure';
    this.fix = fix;
  }
}
