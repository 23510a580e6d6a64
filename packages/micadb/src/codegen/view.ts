/** Views as targets of INSERT, UPDATE and DELETE: their columns, and their rows for INSTEAD OF triggers. */
import { Binder } from '../bind/binder.ts';
import { bindView } from '../bind/from.ts';
import type { BoundExpr, Source } from '../bind/tree.ts';
import { mapExpr } from '../bind/types.ts';
import type { Column, Table } from '../catalog/types.ts';
import type { Expr, Select } from '../sql/ast.ts';
import type { Codegen } from './context.ts';
import { nameOf } from './dml.ts';

/** The view as a table with columns: names, affinities and types from its bound select. */
export function resolveView(cg: Codegen, view: Table, db: number): Table {
  let id = 0;
  const b = new Binder(cg.env, () => id++);
  const source = bindView(b, view, db, null, 'comma', false, b.newBlock(null));
  return { ...view, columns: source.columns.map(viewColumn) };
}

function viewColumn(c: Source['columns'][number], i: number): Column {
  return {
    name: c.name,
    declType: c.declType,
    affinity: c.affinity,
    collation: c.collation,
    notNull: null,
    default: null,
    defaultText: null,
    generated: null,
    hidden: false,
    primaryKey: 0,
    storage: i,
  };
}

const at = { pos: -1, end: -1 } as const;

/** SELECT * FROM view WHERE ... as a syntax tree. */
export function selectFromView(
  schema: string,
  view: Table,
  alias: string | null,
  where: Expr | null,
  rest: Pick<Select, 'orderBy' | 'limit' | 'offset' | 'with'>,
): Select {
  return {
    kind: 'select',
    with: rest.with,
    first: {
      kind: 'core',
      distinct: false,
      columns: [{ kind: 'star' }],
      from: [
        {
          join: { kind: 'comma', natural: false },
          source: {
            kind: 'table',
            table: { schema: nameOf(schema), name: nameOf(view.name) },
            args: null,
            indexedBy: null,
            notIndexed: false,
          },
          alias: alias === null ? null : nameOf(alias),
          on: null,
          using: null,
          pos: -1,
        },
      ],
      where,
      groupBy: [],
      having: null,
      windows: [],
      pos: -1,
    },
    rest: [],
    orderBy: rest.orderBy,
    limit: rest.limit,
    offset: rest.offset,
    ...at,
  };
}

/** Columns of `source` become columns of the cursor that holds its rows. */
export function onCursor(e: BoundExpr, source: Source, cursor: number): BoundExpr {
  return mapExpr(e, (x) => {
    if (x.kind !== 'column' || x.source.id !== source.id) return x;
    if (x.column < 0) return { kind: 'constant', value: null };
    return { kind: 'cursorColumn', cursor, column: x.column, of: x };
  });
}

/** What excluded.x and the columns of RETURNING are to a comparison: plain values. */
const PLAIN: BoundExpr = { kind: 'constant', value: null };

/** Columns of `source` become registers: column i in `base + i`, the rowid in `rowid`. */
export function inRegisters(e: BoundExpr, source: Source, base: number, rowid: number): BoundExpr {
  return mapExpr(e, (x) => {
    if (x.kind !== 'column' || x.source.id !== source.id) return x;
    const key = x.column < 0 || x.column === source.table?.rowidColumn;
    return { kind: 'register', register: key ? rowid : base + x.column, of: PLAIN };
  });
}
