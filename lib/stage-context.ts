import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { FunctionName } from './bundle.ts';
import type { Stage } from './stage.ts';
import type { StageBook } from './stage-book.ts';

/** What every construct of a stage needs to know. */
export interface StageContext {
  readonly config: Stage;
  /** Where alarms go. */
  readonly alarmTopic: sns.ITopic;
  /** What the stage is made of so far. */
  readonly book: StageBook;
  /** The code of a function. */
  code(name: FunctionName): lambda.Code;
  /** The name of a resource of this stage: `haven-<stage>-<name>`. */
  resourceName(name: string): string;
}
