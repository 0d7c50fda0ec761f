import { signMessageRoute, signTypedDataRoute } from '#shared/custody/messages/routes.ts';

/** Routes that sign what is no transaction: the only ones of the API behind which a key is decrypted. */
export const routes = { signMessage: signMessageRoute, signTypedData: signTypedDataRoute };
