import type { Delivery } from './delivery.ts';
import type { ToldAlert } from './told-alert.ts';

/** An alert with all its deliveries. */
export interface AlertFile {
  readonly alert: ToldAlert;
  readonly deliveries: readonly Delivery[];
}
