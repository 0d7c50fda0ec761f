import { signMessageRoute, signTypedDataRoute } from '#shared/custody/messages/routes.ts';

/** Routes that sign what is no transaction: beside the export of keys, the only ones of the API behind which a key is used. */
export const routes = { signMessage: signMessageRoute, signTypedData: signTypedDataRoute };
