/** Which databases a syntax tree names: views and triggers may only speak of their own. */
import { fold } from '../bind/binder.ts';
import type { Codegen } from './context.ts';

/**
 * The first database qualifier of a table in the trees that is not database `db`; null when there is
 * none. Objects of the temp database may speak of all.
 */
export function foreignDatabase(cg: Codegen, db: number, trees: readonly unknown[]): string | null {
  if (db === 1) return null;
  const own = fold(cg.env.databaseName(db));
  let found: string | null = null;
  const visit = (node: unknown): void => {
    if (found !== null || typeof node !== 'object' || node === null) return;
    if (node instanceof Uint8Array) return;
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    const record = node as Record<string, unknown>;
    if (isQualified(record) && fold(record.schema.text) !== own) {
      found = record.schema.text;
      return;
    }
    for (const value of Object.values(record)) visit(value);
  };
  for (const tree of trees) visit(tree);
  return found;
}

/** A QualifiedName with a schema. Column expressions (schema.table.column) are none. */
function isQualified(
  node: Record<string, unknown>,
): node is { schema: { text: string }; name: unknown } {
  return (
    node.kind === undefined &&
    'schema' in node &&
    'name' in node &&
    typeof node.schema === 'object' &&
    node.schema !== null
  );
}
