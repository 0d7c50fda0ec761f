import { cpus, loadavg, totalmem } from 'node:os';

/** What a measurement was taken on: without it a figure says little. */
export interface Machine {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Processes that wanted a core in the last 1, 5 and 15 minutes. Above the number of cores, times are too long. */
  readonly loadAverage: readonly number[];
}

/** This machine, now. */
export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    at: new Date().toISOString(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}
