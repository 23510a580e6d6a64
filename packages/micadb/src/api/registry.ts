/** The connection's functions and collations: built-in ones first, the user's on top. */
import type { CollationRegistry } from '../catalog/types.ts';
import type { FunctionDef, FunctionRegistry } from '../functions/types.ts';
import type { Collation } from '../values/key.ts';

function fold(name: string): string {
  return name.toLowerCase();
}

/**
 * Functions by name and argument count. A user function hides a built-in one of the same name and
 * argument count only, as sqlite3_create_function does.
 */
export class Functions implements FunctionRegistry {
  generation = 0;
  private readonly byName = new Map<string, FunctionDef[]>();

  constructor(builtins: Iterable<FunctionDef>) {
    for (const def of builtins) this.put(def);
  }

  private put(def: FunctionDef): void {
    const key = fold(def.name);
    const list = this.byName.get(key) ?? [];
    const rest = list.filter((d) => !sameSignature(d, def));
    this.byName.set(key, [def, ...rest]);
  }

  /** Adds or replaces a function; programs made before must be prepared again. */
  define(def: FunctionDef): void {
    this.put(def);
    this.generation += 1;
  }

  find(name: string, argCount: number): FunctionDef | null {
    const list = this.byName.get(fold(name));
    if (list === undefined) return null;
    return list.find((d) => d.argCount === argCount) ?? list.find((d) => d.argCount < 0) ?? null;
  }

  has(name: string): boolean {
    return this.byName.has(fold(name));
  }

  *all(): Iterable<FunctionDef> {
    for (const list of this.byName.values()) yield* list;
  }
}

function sameSignature(a: FunctionDef, b: FunctionDef): boolean {
  return a.argCount === b.argCount && a.minArgs === b.minArgs && a.maxArgs === b.maxArgs;
}

export class Collations implements CollationRegistry {
  generation = 0;
  private readonly byName = new Map<string, Collation>();

  constructor(builtins: Iterable<Collation>) {
    for (const c of builtins) this.byName.set(fold(c.name), c);
  }

  define(collation: Collation): void {
    this.byName.set(fold(collation.name), collation);
    this.generation += 1;
  }

  /** Puts the built-in comparators of another text encoding in place. */
  replaceBuiltins(builtins: Iterable<Collation>): void {
    for (const c of builtins) this.byName.set(fold(c.name), c);
    this.generation += 1;
  }

  find(name: string): Collation | null {
    return this.byName.get(fold(name)) ?? null;
  }

  /** Names, newest first. */
  names(): string[] {
    return [...this.byName.values()].map((c) => c.name).reverse();
  }
}
