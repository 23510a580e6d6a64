/**
 * Function descriptors: what a scalar, aggregate or window function is to binder, codegen and VM.
 */
import type { Collation } from '../values/key.ts';
import { decodeText } from '../values/utf.ts';
import { type Encoding, type Int, type SqlValue, type Text, UTF8 } from '../values/value.ts';

/** What a running function may ask of its connection. Implemented by the VM's host. */
export interface FunctionHost {
  readonly encoding: Encoding;
  lastInsertRowid(): Int;
  changes(): Int;
  totalChanges(): Int;
  /** Milliseconds since the Unix epoch; the same all through one step of a statement. */
  now(): number;
  /** Fills with random bytes. */
  randomness(buf: Uint8Array): void;
  /** SQLITE_LIMIT_LENGTH in bytes and SQLITE_LIMIT_LIKE_PATTERN_LENGTH. */
  readonly maxLength: number;
  readonly maxLikePatternLength: number;
}

/** Where a function must give the same value whenever it is called, in the words of the message. */
export type PureUse = 'a CHECK constraint' | 'a generated column' | 'an index';

/** Given to each call. `fail` text becomes the statement's error. */
export interface FunctionContext {
  readonly host: FunctionHost;
  /** The collation of the arguments, for functions with `needsCollation`. */
  readonly collation: Collation;
  /**
   * Set where only deterministic use is allowed (OP_PureFunc): the functions of date and time then
   * refuse 'now', 'localtime' and 'utc'. The words are those of the message.
   */
  readonly pureUse?: PureUse | null;
  /**
   * Cache by argument index for values derived from constant arguments (sqlite3_set_auxdata):
   * `auxKey` tells the call site apart. May forget at any time.
   */
  getAux(index: number): unknown;
  setAux(index: number, value: unknown): void;
}

/**
 * TEXT as UTF-8, well-formed or not, in somebody's bytes, so that no string need be made. As an
 * argument it is good until the call returns; as a result it is read at once, and its bytes are a part of
 * an argument's, or of the arena's (slices.ts), which nobody writes to again.
 */
export class Slice {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  length = 0;

  /** It as a value of its own. */
  text(): string | Text {
    return decodeText(this.bytes, this.at, this.at + this.length, UTF8);
  }
}
const NO_BYTES = new Uint8Array(0);

/** An argument where TEXT may come as it lies on a page. */
export type Loose = SqlValue | Slice;
export type LooseArgs = readonly Loose[];

/**
 * A function on arguments of which some are slices, for compiled code over a database of UTF-8.
 * Undefined: it has no fast form for them, call it with values.
 */
export type OnSlices = (args: LooseArgs, ctx: FunctionContext) => Loose | undefined;

/** An aggregate's step on such arguments. */
export type StepSlices = (state: object, args: LooseArgs, ctx: FunctionContext) => void;

interface FunctionBase {
  readonly name: string;
  /** -1: any number (then minArgs/maxArgs may narrow it: a call outside is "wrong number of arguments"). */
  readonly argCount: number;
  readonly minArgs?: number;
  readonly maxArgs?: number;
  /** Same arguments, same result (may be factored out, allowed in indexes). */
  readonly deterministic: boolean;
  /** Constant within one statement (date('now'), sqlite_version): may be factored out all the same. */
  readonly slowChange?: boolean;
  readonly directOnly?: boolean;
  readonly innocuous?: boolean;
  /** Uses FunctionContext.collation (min, max, nullif, like-less comparisons). */
  readonly needsCollation?: boolean;
  /** Result may carry a subtype / arguments' subtypes matter. */
  readonly resultSubtype?: boolean;
  readonly subtype?: boolean;
  /** Written in JavaScript by the user: may run SQL, throw, close (wall 13). */
  readonly user?: boolean;
}

export interface ScalarFunction extends FunctionBase {
  readonly kind: 'scalar';
  /**
   * Throws SqliteError for SQLite's errors. `args` is reused between calls: do not keep it.
   * Blobs in args are owned by others: do not write to them.
   */
  call(args: readonly SqlValue[], ctx: FunctionContext): SqlValue;
  /**
   * The function on UTF-8 bytes (at most 65,535 of them), for compiled code. `make` is given the
   * arguments, where `argument` is the one that comes as bytes (its place holds NULL) and all others
   * are constants; null when it has no fast form for them. The call gives an INTEGER of 0 or more, or for
   * 'text' the part of the bytes that is the result as offset * 65536 + length; -1: call the function.
   */
  readonly onBytes?: {
    readonly argument: number;
    readonly result: 'integer' | 'text';
    make(constants: readonly SqlValue[]): ((d: Uint8Array, at: number, n: number) => number) | null;
  };
  readonly onSlices?: OnSlices;
  /** Codegen handles the call itself (coalesce, ifnull, iif, likely, unlikely, likelihood, ...). */
  readonly inline?: 'coalesce' | 'iif' | 'affinity' | 'unlikely' | 'typeof' | 'length' | 'offset';
  /** The function behind LIKE or GLOB: wildcards "all, one, set" and case folding, for the LIKE optimization. */
  readonly like?: {
    readonly matchAll: string;
    readonly matchOne: string;
    readonly matchSet: string;
    readonly noCase: boolean;
    /** False: never matches BLOBs (SQLite's build option LIKE_DOESNT_MATCH_BLOBS). */
    readonly blobs?: boolean;
  };
}

export interface AggregateFunction extends FunctionBase {
  readonly kind: 'aggregate';
  /** A fresh accumulator. Held in a register, opaque to all others. */
  init(): object;
  step(state: object, args: readonly SqlValue[], ctx: FunctionContext): void;
  /** `state` null: no row was seen. */
  finalize(state: object | null, ctx: FunctionContext): SqlValue;
  /** Window use: the value so far, and taking back the oldest row. Absent: not a window function. */
  value?(state: object | null, ctx: FunctionContext): SqlValue;
  inverse?(state: object, args: readonly SqlValue[], ctx: FunctionContext): void;
  /**
   * The steps of compiled code, which has no boxes: on an INTEGER in safe range, on a REAL. `row` is for
   * functions without argument. NULL is never given to them and must mean nothing to the function.
   */
  readonly direct?: {
    int(state: object, value: number): void;
    real(state: object, value: number): void;
    row(state: object): void;
  };
  readonly stepSlices?: StepSlices;
  /** 'min' | 'max' make bare columns come from the row with the extreme; 'count' has its own opcode. */
  readonly special?: 'min' | 'max' | 'count';
}

/** Built-in window functions (row_number, ...) are compiled by codegen in their own way. */
export interface WindowFunction extends FunctionBase {
  readonly kind: 'window';
  init(): object;
  step(state: object, args: readonly SqlValue[], ctx: FunctionContext): void;
  inverse(state: object, args: readonly SqlValue[], ctx: FunctionContext): void;
  value(state: object | null, ctx: FunctionContext): SqlValue;
  finalize(state: object | null, ctx: FunctionContext): SqlValue;
}

export type FunctionDef = ScalarFunction | AggregateFunction | WindowFunction;

/** Finds functions by name (case-insensitive) and argument count. Immutable generation by generation. */
export interface FunctionRegistry {
  /** Changes with every registration: part of the program cache key (wall 12). */
  readonly generation: number;
  /** Best match, or null. */
  find(name: string, argCount: number): FunctionDef | null;
  /** True when some function of that name exists ("wrong number of arguments" versus "no such function"). */
  has(name: string): boolean;
  all(): Iterable<FunctionDef>;
}
