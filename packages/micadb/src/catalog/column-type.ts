/**
 * Declared types (https://www.sqlite.org/datatype3.html §3.1, https://www.sqlite.org/stricttables.html):
 * how they are shown, what affinity they give, how wide the planner thinks the column is.
 */
import { affinityOfType } from '../values/affinity.ts';
import { Affinity } from '../values/value.ts';

/** The types that STRICT tables allow, with the affinity they have there. SQLite shows them in upper case. */
const STANDARD = new Map<string, Affinity>([
  ['ANY', Affinity.Blob],
  ['BLOB', Affinity.Blob],
  ['INT', Affinity.Integer],
  ['INTEGER', Affinity.Integer],
  ['REAL', Affinity.Real],
  ['TEXT', Affinity.Text],
]);

/** The type as the catalog keeps it: standard ones in upper case, others as written. */
export function shownType(declared: string): string {
  const upper = declared.toUpperCase();
  return STANDARD.has(upper) ? upper : declared;
}

/** The affinity that a type gives in a STRICT table; undefined for one that it does not allow. */
export function strictAffinity(declared: string): Affinity | undefined {
  return STANDARD.get(declared.toUpperCase());
}

/** Affinity of a column of an ordinary table; without a type it is BLOB. */
export function columnAffinity(declared: string | null): Affinity {
  return declared === null ? Affinity.Blob : affinityOfType(declared);
}

/** Estimated size of a column, where an integer is 1 (VARCHAR(k) is k/4 + 1, TEXT and BLOB 5). */
export function columnSize(declared: string | null): number {
  if (declared === null) return 1;
  if (affinityOfType(declared) >= Affinity.Numeric) return 1;
  const upper = declared.toUpperCase();
  const char = upper.lastIndexOf('CHAR');
  const blob = upper.indexOf('BLOB(');
  if (char < 0 && blob < 0) return 5;
  const digits = /\d+/.exec(upper.slice(char >= 0 ? char : blob));
  return Math.min(255, Math.floor(Number(digits?.[0] ?? 0) / 4) + 1);
}
