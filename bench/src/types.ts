// The contract between the parts of the benchmark: a peer is one way to reach
// an SQL engine from JavaScript, a workload is one piece of work that every
// peer does on the same data, and a round is one timed run of it.

/** A value bound to a statement or read from a row. */
export type Value = null | number | bigint | string | Uint8Array;

/** What a peer's prepared statement can do; each peer uses its own idiomatic, fastest call. */
export interface PeerStatement {
  /** Runs a statement that gives no rows. */
  run(...params: Value[]): void;
  /** The first row as an object, or undefined. */
  get(...params: Value[]): unknown;
  /** All rows as objects. */
  all(...params: Value[]): unknown[];
  /** All rows as arrays; null where the peer has no such mode. */
  raw: ((...params: Value[]) => unknown[]) | null;
  /** First column of the first row. */
  pluck(...params: Value[]): unknown;
  /** Steps through all rows as objects and calls `row` for each. */
  iterate(row: (row: unknown) => void, ...params: Value[]): void;
  /** Frees the statement where the peer needs that. */
  finalize(): void;
}

export interface PeerDatabase {
  exec(sql: string): void;
  prepare(sql: string): PeerStatement;
  close(): void;
}

export interface Peer {
  readonly name: string;
  /** Version of the package and, where it tells, of the SQLite inside it. */
  version(): string;
  /** True when it can open a file of the disk (sql.js loads it into memory instead). */
  readonly onDisk: boolean;
  open(path: string): Promise<PeerDatabase>;
}

/** Settings that every peer gets alike, as pragmas run after opening. */
export interface Settings {
  readonly journalMode: 'wal' | 'delete';
  readonly synchronous: 'off' | 'normal' | 'full';
  /** Kibibytes, as a negative cache_size. */
  readonly cacheKiB: number;
}

export type Group =
  | 'reading rows'
  | 'scanning'
  | 'grouping, sorting'
  | 'joining'
  | 'writing'
  | 'whole suites'
  | 'starting'
  | 'scale';

/** A data set: made once by one engine (the oracle), then copied for each peer. */
export interface DataSet {
  readonly name: string;
  /** Fills an empty database. Deterministic: same seed, same rows. */
  fill(db: PeerDatabase): void;
}

export interface Workload {
  readonly group: Group;
  readonly name: string;
  /** Goal as peer's time / Mica's time against better-sqlite3. */
  readonly goal: number;
  readonly data: DataSet;
  /** The suite it is one query of; the suite has a row of its own, the sum of times. */
  readonly suite?: string;
  readonly settings?: Partial<Settings>;
  /** Part of `--quick`. */
  readonly quick?: boolean;
  /**
   * Prepares the work on an open database and gives the function that is
   * timed; it returns a checksum that must be the same for every peer.
   * `operations` is how many operations one call does (for ns per operation).
   */
  prepare(db: PeerDatabase): {
    readonly operations: number;
    run(): string | number;
    /** Puts the data back after a writing run; not timed. */
    reset?(): void;
    finish?(): void;
  };
}
