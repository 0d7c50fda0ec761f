import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { type AlarmAlert, alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import type { StageContext } from '../stage-context.ts';

/**
 * What an alarm means to people:
 * - `checkout`: customers can't order or pay
 * - `sending`: transactions are not sent or followed
 * - `keys`: somebody may have keys, or change what nobody may
 * - `requests`: some requests to the API fail
 * - `telling`: alerts don't reach anybody
 * - `told`: an alert of its own tells of it; the alarm stays in case that is not heard
 * - `none`: nobody notices yet
 */
export type Harm = 'checkout' | 'sending' | 'keys' | 'requests' | 'telling' | 'told' | 'none';

/**
 * How grave the alert of an alarm is, by what it means. Alarms on the telling of alerts raise none: it would take the way that is broken,
 * fail, and sound the alarm again.
 */
export const ALERTS: Readonly<Record<Harm, AlarmAlert>> = {
  checkout: 'ERROR',
  sending: 'ERROR',
  keys: 'CRITICAL',
  requests: 'ERROR',
  telling: 'none',
  told: 'none',
  none: 'WARNING',
};

/** What every alarm must say. */
export interface StageAlarmProps extends Omit<cloudwatch.AlarmProps, 'alarmName' | 'alarmDescription'> {
  readonly stage: StageContext;
  /** Its name behind the stage's prefix; the runbook has a row of that name. */
  readonly name: string;
  /** What is wrong, and what it means: two sentences. */
  readonly description: string;
  readonly harm: Harm;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}

/** An alarm that reaches the operators: by the topic, and as an alert (functions/alarm-receiver). */
export function createStageAlarm(scope: Construct, id: string, props: StageAlarmProps): cloudwatch.Alarm {
  const { stage, name, description, harm, ...condition } = props;
  const alarm = new cloudwatch.Alarm(scope, id, {
    ...condition,
    alarmName: stage.resourceName(name),
    alarmDescription: alarmDescription({ text: description, alert: ALERTS[harm] }),
  });
  alarm.addAlarmAction(new actions.SnsAction(stage.alarmTopic));
  stage.book.alarms.push({ name, harm, alarm });
  return alarm;
}

/** Sounds at a number of something within five minutes; silence is well. */
export function atLeast(threshold: number) {
  return {
    threshold,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  };
}
