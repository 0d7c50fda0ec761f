/**
 * How old a product may be that the catalog shows from memory; whoever asked may keep the answer for as long once more. Long enough that a
 * sale's visitors cost one read per function instance, short enough that nobody looks at an old price for long. Buying never goes by it.
 */
export const CATALOG_STALENESS_SECONDS = 5;
