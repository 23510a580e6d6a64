/** better-sqlite3 as oracle: the newest SQLite. */
import Database from 'better-sqlite3';
import { type Engine, type Outcome, renderBlob, renderReal, renderText } from './render.ts';

function render(v: unknown): string {
  if (v === null) return 'NULL';
  if (typeof v === 'bigint') return String(v);
  if (typeof v === 'number') return renderReal(v);
  return typeof v === 'string' ? renderText(v) : renderBlob(v as Uint8Array);
}

export interface OracleOptions {
  /** better-sqlite3 compiles foreign keys in as on; the plain library has them off. */
  readonly foreignKeys?: boolean;
}

export class Oracle implements Engine {
  readonly name = 'sqlite';
  readonly db: Database.Database;

  constructor(path = ':memory:', options: OracleOptions = {}) {
    this.db = new Database(path);
    this.db.unsafeMode(true);
    this.db.pragma(`foreign_keys = ${options.foreignKeys === true ? 1 : 0}`);
    this.db.pragma('recursive_triggers = 0');
  }

  run(sql: string): Outcome {
    try {
      const statement = this.db.prepare(sql);
      if (!statement.reader) {
        const r = statement.safeIntegers().run();
        return { kind: 'done', changes: r.changes, lastInsertRowid: String(r.lastInsertRowid) };
      }
      const columns = statement.columns().map((c) => c.name);
      const rows = statement.raw().safeIntegers().all() as unknown[][];
      return { kind: 'rows', columns, rows: rows.map((r) => r.map(render).join('|')) };
    } catch (e) {
      const error = e as { code?: string; message: string };
      return { kind: 'error', code: error.code ?? 'OTHER', message: error.message };
    }
  }

  close(): void {
    this.db.close();
  }
}
