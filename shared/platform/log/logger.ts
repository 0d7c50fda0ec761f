import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { KEPT_FIELD, markOf } from './kept-lines.ts';
import { type LogMessage, logMessages } from './messages.ts';
import { redactFields } from './redact.ts';

/** What varies in a log line. Field names are snake_case, as on the wire. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes messages of the catalogue. */
export interface Log {
  /** Writes one message with its fields, redacted. */
  write(message: LogMessage, fields?: LogFields): void;
  /** The same log with fields that every line then carries (a request id, a lane). */
  with(fields: LogFields): Log;
}

/** Receives finished lines. The seam at which tests listen. */
export type LogSink = (
  level: 'debug' | 'info' | 'warn' | 'error',
  text: string,
  fields: Record<string, unknown>,
) => void;

const SINK_LEVEL = { DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Makes a log that writes to a sink.
 *
 * @param sink where finished lines go
 * @param fields fields that every line carries
 */
export function createLog(sink: LogSink, fields: LogFields = {}): Log {
  return {
    write(message, extra = {}) {
      const entry = logMessages[message];
      const all = { ...fields, ...extra };
      const mark = markOf(message, entry.level, all);
      sink(SINK_LEVEL[entry.level], entry.text, {
        ...redactFields(all),
        log_code: entry.code,
        log_name: message,
        // Undefined takes away what a caller would have said.
        ...(mark === undefined && !Object.hasOwn(all, KEPT_FIELD) ? {} : { [KEPT_FIELD]: mark }),
      });
    },
    with: (extra) => createLog(sink, { ...fields, ...extra }),
  };
}

/**
 * The log of a deployed function: JSON lines for CloudWatch, level by `POWERTOOLS_LOG_LEVEL`.
 *
 * @param serviceName the function group, as in the privilege table
 */
export function createLambdaLog(serviceName: string): Log {
  const logger = new PowertoolsLogger({ serviceName });
  return createLog((level, text, fields) => logger[level](text, fields));
}
