/** How grave the alert of an alarm is. */
export type AlarmSeverity = 'WARNING' | 'ERROR' | 'CRITICAL';

/** Who is told of an alarm besides the topic: `none` where an alert would say nothing new, or could not be told. */
export type AlarmAlert = AlarmSeverity | 'none';

/** What an alarm says of itself. */
export interface AlarmText {
  /** What is wrong, and what it means: two sentences. */
  readonly text: string;
  readonly alert: AlarmAlert;
}

const RUNBOOK = 'Runbook: docs/operations.md#alarms.';
const PATTERN = /^([\s\S]+) Alert: (WARNING|ERROR|CRITICAL|none)\. Runbook: [^ ]+$/;

/**
 * The description of an alarm in CloudWatch. It is all that an event of its state says about what the alarm is, so it carries how grave that is.
 */
export function alarmDescription({ text, alert }: AlarmText): string {
  return `${text} Alert: ${alert}. ${RUNBOOK}`;
}

/** Reads what `alarmDescription` wrote; undefined for what it did not. */
export function readAlarmDescription(description: string): AlarmText | undefined {
  const [, text, alert] = PATTERN.exec(description) ?? [];
  if (text === undefined) return undefined;
  return alert === 'WARNING' || alert === 'ERROR' || alert === 'CRITICAL' ? { text, alert } : { text, alert: 'none' };
}
