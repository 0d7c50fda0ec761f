import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { FunctionName } from './bundle.ts';
import type { Harm } from './constructs/stage-alarm.ts';

/** An alarm of the stage. */
export interface BookedAlarm {
  /** Without the stage's prefix. */
  readonly name: string;
  readonly harm: Harm;
  readonly alarm: cloudwatch.AlarmBase;
}

/** A function of the stage. */
export interface BookedFunction {
  readonly name: FunctionName;
  /** Who calls it. */
  readonly calledBy: 'api' | 'function' | 'queue' | 'deployment' | 'schedule' | 'events';
}

/**
 * What the stacks of a stage have made so far, by the constructs that made it: so that the overview is drawn, and composite alarms are
 * composed, from the same definitions, and nothing has to be listed twice.
 */
export class StageBook {
  readonly alarms: BookedAlarm[] = [];
  readonly functions: BookedFunction[] = [];
  /** Queues that are worked. */
  readonly queues: sqs.Queue[] = [];
  readonly deadLetterQueues: sqs.Queue[] = [];
  /** Names of tables, without the stage's prefix. */
  readonly tables: string[] = [];
  /** Functions that a schedule calls. */
  readonly jobs: FunctionName[] = [];

  /** The alarms that tell of a harm. */
  alarmsOf(harm: Harm): readonly BookedAlarm[] {
    return this.alarms.filter((alarm) => alarm.harm === harm);
  }
}
