import { expect, it } from 'vitest';
import { alarmDescription, readAlarmDescription } from '#shared/alerts/alarms/alarm-description.ts';

const text = 'A chain cannot be read for payments. Payments are not seen, and orders keep their pieces.';

it.each(['none', 'WARNING', 'ERROR', 'CRITICAL'] as const)(
  'what an alarm says of itself is read back, with the alert %s',
  (alert) => {
    expect(readAlarmDescription(alarmDescription({ text, alert }))).toEqual({ text, alert });
  },
);

it.each(['', 'Goes into alarm when CPU is high!', `${text} Alert: FATAL. Runbook: docs/operations.md#alarms.`])(
  'a description of somebody else is not read: %s',
  (description) => {
    expect(readAlarmDescription(description)).toBeUndefined();
  },
);
