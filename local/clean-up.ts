import type { Instance } from './instance.ts';
import { stopServices } from './services.ts';

/** Exit code of a command that an interrupt ended: 128 and the signal's number. */
const INTERRUPTED = 130;

/** Whatever happens, an interrupt included, nothing of a Haven that was brought up for this work is left running. */
export async function withCleanUp(instance: Instance, work: () => Promise<number>): Promise<number> {
  const interrupted = () => {
    void stopServices(instance).finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await work();
  } finally {
    await stopServices(instance);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}
