/** Scopes for statements that are no SELECT: INSERT, UPDATE, DELETE, RETURNING, upsert. */
import type * as ast from '../sql/ast.ts';
import type { Binder, CteScope, Scope } from './binder.ts';
import { type BoundFrom, bindFrom as bindFromClause, openCteScope } from './from.ts';
import type { Source } from './tree.ts';

export interface ScopeOptions {
  /** Sources reached by qualified name only: upsert's `excluded`. */
  readonly qualifiedOnly?: readonly Source[];
  readonly allowAggregate?: boolean;
  /** The statement's WITH clause (see withScope). */
  readonly ctes?: CteScope | null;
}

/** A scope over sources of a statement that is no SELECT (WHERE of DELETE, SET, RETURNING ...). */
export function scopeOf(
  b: Binder,
  sources: readonly Source[],
  outer: Scope | null = null,
  options: ScopeOptions = {},
): Scope {
  const base = b.emptyScope(outer);
  return {
    ...base,
    sources,
    ctes: options.ctes ?? base.ctes,
    allowAggregate: options.allowAggregate ?? false,
    qualifiedOnly: options.qualifiedOnly,
  };
}

/** The CTEs of a WITH clause before INSERT, UPDATE or DELETE; null when there is none. */
export function withScope(b: Binder, w: ast.With | null): CteScope | null {
  return w === null ? null : openCteScope(b, w, null);
}

/** Binds a FROM clause outside a SELECT (UPDATE ... FROM). */
export function bindFrom(
  b: Binder,
  from: readonly ast.FromItem[],
  outer: Scope | null,
  ctes: CteScope | null = null,
): BoundFrom {
  return bindFromClause(b, from, { outer, block: b.newBlock(outer?.block ?? null), ctes });
}
