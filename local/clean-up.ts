import type { Instance } from './instance.ts';
import { stopServices } from './services.ts';

/** Exit code of a command that an interrupt ended: 128 and the signal's number. */
const INTERRUPTED = 130;
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whatever happens, an interrupt included, nothing of a Haven that was brought up for this work is left running. */
export async function withCleanUp(instance: Instance, work: () => Promise<number>): Promise<number> {
  let isInterrupted = false;
  const interrupted = () => {
    // Asked a second time, it is at it already.
    if (isInterrupted) return;
    isInterrupted = true;
    void stopServices(instance).finally(() => process.exit(INTERRUPTED));
  };
  for (const signal of ENDING) process.on(signal, interrupted);
  try {
    return await work();
  } finally {
    await stopServices(instance);
    for (const signal of ENDING) process.off(signal, interrupted);
  }
}
