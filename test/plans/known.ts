/** Queries whose plan still differs from the oracle's ("schema: query"); COMPAT.md counts them. */
export const KNOWN_DIFFERENCES: readonly string[] = [];
