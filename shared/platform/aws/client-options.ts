/**
 * Time-outs and retries of every AWS client. AWS answers these calls in single-digit milliseconds; a call that takes
 * seconds is lost, and all attempts together must fit into the time-out of an API function (15 s).
 */
export const AWS_CONNECTION_TIMEOUT_MS = 1_000;
export const AWS_REQUEST_TIMEOUT_MS = 3_000;
/** The first attempt and two more, with the SDK's own jittered back-off. */
export const AWS_MAX_ATTEMPTS = 3;

/**
 * Connections that one client keeps open at most. A function instance serves one request at a time, which asks for a dozen things at once
 * at most; a pool without bounds would answer a slow service with ever more connections.
 */
export const AWS_MAX_CONNECTIONS = 50;

const POOL = { keepAlive: true, maxSockets: AWS_MAX_CONNECTIONS };

/** Options shared by every AWS client Haven makes. Region, credentials and endpoint come from the environment, by the SDK's own rules. */
export function awsClientOptions() {
  return {
    maxAttempts: AWS_MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: AWS_CONNECTION_TIMEOUT_MS,
      requestTimeout: AWS_REQUEST_TIMEOUT_MS,
      // Without it the time-out is only a line in the log.
      throwOnRequestTimeout: true,
      // What the SDK does by itself today, said here so that it stays so: a TLS handshake is dearer than most answers.
      httpAgent: POOL,
      httpsAgent: POOL,
    },
  };
}
