/** Mica behind the same interface as the oracles. */
import {
  Database,
  type ExactValue,
  Real,
  SqliteError,
  Text,
  type TierMode,
  valueToText,
} from 'micadb';
import { type Engine, type Outcome, renderBlob, renderReal, renderText } from './render.ts';

function render(v: ExactValue): string {
  if (v === null) return 'NULL';
  if (typeof v === 'bigint' || typeof v === 'number') return String(v);
  if (v instanceof Real) return renderReal(v.value);
  if (typeof v === 'string' || v instanceof Text) return renderText(valueToText(v));
  return renderBlob(v);
}

export class Mica implements Engine {
  readonly name = 'mica';
  readonly db: Database;

  constructor(path = ':memory:', tier?: TierMode) {
    this.db = new Database(path, tier === undefined ? {} : { tier });
    // As the oracle is compiled: no double-quoted strings, LIKE_DOESNT_MATCH_BLOBS.
    this.db.strictQuotes(true).likeMatchesBlobs(false);
  }

  run(sql: string): Outcome {
    try {
      const statement = this.db.prepare(sql);
      if (!statement.reader) {
        const r = statement.safeIntegers().run();
        return { kind: 'done', changes: r.changes, lastInsertRowid: String(r.lastInsertRowid) };
      }
      const columns = statement.columns().map((c) => c.name);
      const rows = statement.exact().mode('raw').all() as unknown as ExactValue[][];
      return { kind: 'rows', columns, rows: rows.map((r) => r.map(render).join('|')) };
    } catch (e) {
      if (e instanceof SqliteError) return { kind: 'error', code: e.code, message: e.message };
      if (e instanceof RangeError && /SQL string contains/.test(e.message)) {
        return { kind: 'error', code: 'OTHER', message: e.message };
      }
      throw e;
    }
  }

  close(): void {
    this.db.close();
  }
}
