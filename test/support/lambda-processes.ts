import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processes that run a function of the local endpoint just now. Found by their environment, which only Linux
 * shows; elsewhere there are none.
 *
 * @param functionName as deployed: `haven-local-lane-worker`
 * @param endpointPort tells one local Haven's processes from another's
 */
export function lambdaProcesses(functionName: string, endpointPort: number): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const environment = environmentOf(pid);
      return (
        environment.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`) &&
        environment.some((entry) => entry.startsWith('AWS_ENDPOINT_URL=') && entry.endsWith(`:${endpointPort}`))
      );
    });
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Ended between the listing and now, or another user's.
    return [];
  }
}

/**
 * Sends a signal to processes; those that have ended by themselves meanwhile are passed over.
 *
 * @param signal one that nothing can catch, or that lets one go on which was stopped
 */
export function signalProcesses(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
