/** The engines that are compared, each through its own API and with the settings it does best with. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Peer, PeerDatabase, PeerStatement, Value } from './types.ts';

const require = createRequire(import.meta.url);

/** What better-sqlite3, Mica's face for it and Turso's share. */
interface BetterStatement {
  run(...p: Value[]): unknown;
  get(...p: Value[]): unknown;
  all(...p: Value[]): unknown[];
  iterate(...p: Value[]): Iterable<unknown>;
  raw(on?: boolean): BetterStatement;
  pluck(on?: boolean): BetterStatement;
}

interface BetterDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): BetterStatement;
  close(): unknown;
}

function better(db: BetterDatabase): PeerDatabase {
  return {
    exec: (sql) => void db.exec(sql),
    close: () => void db.close(),
    prepare(sql) {
      const s = db.prepare(sql);
      let rawStatement: BetterStatement | null = null;
      let pluckStatement: BetterStatement | null = null;
      const statement: PeerStatement = {
        run: (...p) => void s.run(...p),
        get: (...p) => s.get(...p),
        all: (...p) => s.all(...p),
        raw: (...p) => (rawStatement ??= db.prepare(sql).raw(true)).all(...p),
        pluck: (...p) => (pluckStatement ??= db.prepare(sql).pluck(true)).get(...p),
        iterate(row, ...p) {
          for (const r of s.iterate(...p)) row(r);
        },
        finalize: () => undefined,
      };
      return statement;
    },
  };
}

const mica: Peer = {
  name: 'mica',
  version: () => packageVersion('../../packages/micadb'),
  onDisk: true,
  open: async (path) => {
    // Not loaded before it is needed: other peers' memory is measured in processes without it.
    const { Database } = await import('../../packages/micadb/dist/index.js');
    const db = new Database(path);
    return {
      exec: (sql) => void db.exec(sql),
      close: () => db.close(),
      prepare(sql) {
        const s = db.prepare(sql);
        let raw: typeof s | null = null;
        let pluck: typeof s | null = null;
        return {
          run: (...p) => void s.run(...p),
          get: (...p) => s.get(...p),
          all: (...p) => s.all(...p),
          raw: (...p) => (raw ??= db.prepare(sql).mode('raw')).all(...p),
          pluck: (...p) => (pluck ??= db.prepare(sql).mode('pluck')).get(...p),
          iterate(row, ...p) {
            for (const r of s.iterate(...p)) row(r);
          },
          finalize: () => undefined,
        };
      },
    };
  },
};

/** better-sqlite3's addon compiled for this runtime, where it is not the one of the package. */
export const BETTER_ADDON = process.env['BENCH_BETTER_SQLITE3'];

const betterSqlite3: Peer = {
  name: 'better-sqlite3',
  version: () => packageVersion('better-sqlite3'),
  onDisk: true,
  open: async (path) => {
    const Database = require('better-sqlite3') as new (
      path: string,
      options: { nativeBinding?: string },
    ) => BetterDatabase;
    return better(
      new Database(path, BETTER_ADDON === undefined ? {} : { nativeBinding: BETTER_ADDON }),
    );
  },
};

const turso: Peer = {
  name: 'turso',
  version: () => packageVersion('@tursodatabase/database'),
  onDisk: true,
  open: async (path) => {
    const { Database } = (await import('@tursodatabase/database/compat')) as {
      Database: new (path: string) => BetterDatabase;
    };
    return better(new Database(path));
  },
};

interface NodeStatement {
  run(...p: Value[]): unknown;
  get(...p: Value[]): unknown;
  all(...p: Value[]): unknown[];
  iterate(...p: Value[]): Iterable<unknown>;
  setReturnArrays?(on: boolean): void;
}

const nodeSqlite: Peer = {
  name: 'node:sqlite',
  version: () => `of Node ${process.versions.node} (SQLite ${process.versions['sqlite'] ?? '?'})`,
  onDisk: true,
  open: async (path) => {
    const { DatabaseSync } = (await import('node:sqlite' as string)) as {
      DatabaseSync: new (
        path: string,
      ) => {
        exec(sql: string): void;
        prepare(sql: string): NodeStatement;
        close(): void;
      };
    };
    const db = new DatabaseSync(path);
    return {
      exec: (sql) => db.exec(sql),
      close: () => db.close(),
      prepare(sql) {
        const s = db.prepare(sql);
        let arrays: NodeStatement | null = null;
        const all = (p: Value[]) => {
          if (arrays === null) {
            arrays = db.prepare(sql);
            arrays.setReturnArrays?.(true);
          }
          return arrays.all(...p);
        };
        return {
          run: (...p) => void s.run(...p),
          get: (...p) => s.get(...p),
          all: (...p) => s.all(...p),
          raw: s.setReturnArrays === undefined ? null : (...p) => all(p),
          pluck: (...p) => {
            for (const v of Object.values((s.get(...p) ?? {}) as object)) return v;
            return undefined;
          },
          iterate(row, ...p) {
            for (const r of s.iterate(...p)) row(r);
          },
          finalize: () => undefined,
        };
      },
    };
  },
};

interface SqlJsStatement {
  bind(p: Value[]): boolean;
  step(): boolean;
  get(): unknown[];
  getAsObject(): object;
  run(p: Value[]): void;
  reset(): void;
  free(): void;
}

const sqlJs: Peer = {
  name: 'sql.js',
  version: () => packageVersion('sql.js'),
  onDisk: false,
  open: async (path) => {
    const init = require('sql.js') as () => Promise<{
      Database: new (
        data: Uint8Array,
      ) => {
        exec(sql: string): unknown;
        prepare(sql: string): SqlJsStatement;
        close(): void;
      };
    }>;
    const { Database } = await init();
    const db = new Database(readFileSync(path));
    return {
      exec: (sql) => void db.exec(sql),
      close: () => db.close(),
      prepare(sql) {
        const s = db.prepare(sql);
        const each = (p: Value[], row: () => void) => {
          s.bind(p);
          while (s.step()) row();
          s.reset();
        };
        const one = <T>(p: Value[], take: () => T): T | undefined => {
          s.bind(p);
          const v = s.step() ? take() : undefined;
          s.reset();
          return v;
        };
        return {
          run: (...p) => s.run(p),
          get: (...p) => one(p, () => s.getAsObject()),
          all(...p) {
            const rows: unknown[] = [];
            each(p, () => rows.push(s.getAsObject()));
            return rows;
          },
          raw(...p) {
            const rows: unknown[] = [];
            each(p, () => rows.push(s.get()));
            return rows;
          },
          pluck: (...p) => one(p, () => s.get()[0]),
          iterate: (row, ...p) => each(p, () => row(s.getAsObject())),
          finalize: () => void s.free(),
        };
      },
    };
  },
};

interface WasmStatement {
  run(p: Value[]): unknown;
  get(p: Value[]): unknown;
  all(p: Value[]): unknown[];
  iterate(p: Value[]): Iterable<unknown>;
  finalize(): void;
}

const nodeSqlite3Wasm: Peer = {
  name: 'node-sqlite3-wasm',
  version: () => packageVersion('node-sqlite3-wasm'),
  onDisk: true,
  open: async (path) => {
    const { Database } = require('node-sqlite3-wasm') as {
      Database: new (
        path: string,
      ) => {
        exec(sql: string): void;
        prepare(sql: string): WasmStatement;
        close(): void;
      };
    };
    const db = new Database(path);
    return {
      exec: (sql) => db.exec(sql),
      close: () => db.close(),
      prepare(sql) {
        const s = db.prepare(sql);
        return {
          run: (...p) => void s.run(p),
          get: (...p) => s.get(p),
          all: (...p) => s.all(p),
          raw: null,
          pluck: (...p) => {
            for (const v of Object.values((s.get(p) ?? {}) as object)) return v;
            return undefined;
          },
          iterate(row, ...p) {
            for (const r of s.iterate(p)) row(r);
          },
          finalize: () => s.finalize(),
        };
      },
    };
  },
};

/** The version of a package of `node_modules`, or of a folder beside it. */
function packageVersion(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** Mica first, then the one to beat. */
export const peers: readonly Peer[] = [
  mica,
  betterSqlite3,
  nodeSqlite,
  turso,
  sqlJs,
  nodeSqlite3Wasm,
];
