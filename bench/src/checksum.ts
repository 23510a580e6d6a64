/** What the peers' results are compared by. */

/** Rows and values as one number that does not depend on how a peer spells integers. */
export function checksum(rows: readonly unknown[]): string {
  let cells = 0;
  let sum = 0;
  for (const row of rows) {
    const values = row !== null && typeof row === 'object' ? Object.values(row) : [row];
    for (const v of values) {
      cells++;
      if (typeof v === 'number' || typeof v === 'bigint') sum += Number(v);
      else if (typeof v === 'string') sum += v.length;
      else if (v instanceof Uint8Array) sum += v.length;
    }
  }
  return `${rows.length} rows, ${cells} values, ${sum.toPrecision(9)}`;
}

/** Besides, the texts themselves, and which row a value is in: for results of few rows in a fixed order. */
export function fingerprint(rows: readonly unknown[]): string {
  let numbers = 0;
  let text = 0;
  rows.forEach((row, i) => {
    Object.values(row as object).forEach((v: unknown, column) => {
      const weight = 1 + (i % 97) + (column % 13) / 16;
      if (v === null) numbers += weight / 3;
      else if (typeof v === 'number' || typeof v === 'bigint') numbers += Number(v) * weight;
      else for (const c of String(v)) text = (Math.imul(text, 31) + c.codePointAt(0)!) | 0;
    });
  });
  return `${rows.length} rows, ${numbers.toPrecision(9)}, ${text >>> 0}`;
}
