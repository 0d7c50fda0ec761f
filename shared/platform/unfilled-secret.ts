/**
 * The key under which a secret that an operator fills later holds a random text from its deployment on. It says to people what it is, and is
 * no entry of any secret.
 */
export const UNFILLED_SECRET_KEY = 'placeholder';
