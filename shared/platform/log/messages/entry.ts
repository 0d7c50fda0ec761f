/** How loud a message is. */
type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** A message that can be logged. */
export interface LogMessageEntry {
  /** Stable: dashboards and metric filters match on it. Never reused. */
  readonly code: string;
  readonly level: LogLevel;
  /** A constant sentence; what varies goes into fields. */
  readonly text: string;
}
