/**
 * The stream of the commands that operators run on keys. One entry when a run begins and one when it ends, not one for each
 * wallet: ten thousand proofs that nothing has changed would bury what has. What a run changes of a wallet is on the wallet's
 * own stream, and each decryption is in CloudTrail with wallet and address.
 */
export const COMMAND_STREAM = 'custody:commands';
