import { createLog, type Log } from '#shared/platform/log/logger.ts';
import { type LogMessage, logMessages } from '#shared/platform/log/messages.ts';
import { createCountdown } from './countdown.ts';
import { textOf } from './key-encodings.ts';

/** One line as it would have been written, redaction included. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export interface RecordingLog {
  readonly log: Log;
  readonly lines: readonly LogLine[];
  /** The fields of every line of one message, in order. */
  of(message: LogMessage): readonly Readonly<Record<string, unknown>>[];
  /** Resolves when that many lines have been written in all: for work that a test cannot await. */
  written(count: number): Promise<void>;
  /** Everything written, as one text: for looking for what must not be there. */
  everything(): string;
}

/** Makes a log that keeps its lines: the product's own log, with a sink that remembers. */
export function createRecordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const writes = createCountdown();
  return {
    log: createLog((level, text, fields) => {
      lines.push({ level, text, fields });
      writes.count();
    }),
    written: writes.reached,
    lines,
    of: (message) =>
      lines.filter(({ fields }) => fields['log_code'] === logMessages[message].code).map(({ fields }) => fields),
    everything: () => textOf(lines),
  };
}
