/** The check whose conditions are alarms of CloudWatch: they open and end by events of these, and the monitor repeats what lasts. */
export const ALARMS = 'alarm';
