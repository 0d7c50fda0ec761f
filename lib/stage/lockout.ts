import * as z from 'zod';

/** What becomes of those who keep failing to authenticate. */
export const lockoutSchema = z
  .strictObject({
    key_failures: z
      .number()
      .int()
      .min(3)
      .max(1_000)
      .default(10)
      .describe('Wrong secrets for one API key from one address after which that key is locked out there.'),
    address_failures: z
      .number()
      .int()
      .min(3)
      .max(100_000)
      .default(50)
      .describe('Refused credentials from one address after which the address is locked out.'),
    window_seconds: z.number().int().min(10).max(3_600).default(300).describe('Seconds in which they count together.'),
    seconds: z.number().int().min(10).max(86_400).default(900).describe('Seconds that a lockout lasts.'),
  })
  .prefault({})
  .describe('What becomes of those who keep failing to authenticate.');
