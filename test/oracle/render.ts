/** Results in one comparable text form, whichever engine gave them. */

/** REAL as JavaScript prints it, with ".0" where it would look like an INTEGER. */
export function renderReal(v: number): string {
  if (v === Number.POSITIVE_INFINITY) return 'Inf';
  if (v === Number.NEGATIVE_INFINITY) return '-Inf';
  const text = Object.is(v, -0) ? '-0' : String(v);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export function renderText(v: string): string {
  return `'${v.replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\0', '\\0')}'`;
}

export function renderBlob(v: Uint8Array): string {
  return `x'${Buffer.from(v).toString('hex')}'`;
}

/** What running one statement gave. */
export type Outcome =
  | { readonly kind: 'rows'; readonly columns: readonly string[]; readonly rows: readonly string[] }
  | { readonly kind: 'done'; readonly changes: number; readonly lastInsertRowid: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

export interface Engine {
  readonly name: string;
  /** Runs one statement. */
  run(sql: string): Outcome;
  close(): void;
}
