/**
 * Random schemas, data and statements. Everything is drawn from one seed. Row order is left to the
 * engine only where SQLite's is deterministic, and that is everywhere: Mica must give the same order.
 */
import type { Random } from '../random.ts';

const TYPES = ['INTEGER', 'TEXT', 'REAL', 'NUMERIC', 'BLOB', '', 'VARCHAR(10)', 'INT'];
const COLLATIONS = ['', '', '', ' COLLATE NOCASE', ' COLLATE RTRIM', ' COLLATE BINARY'];

interface TableModel {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns that INSERT may set. */
  readonly writable: readonly string[];
  readonly isView: boolean;
}

export class Generator {
  readonly tables: TableModel[] = [];
  private names = 0;

  constructor(readonly r: Random) {}

  private fresh(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }

  literal(): string {
    const { r } = this;
    switch (r.below(14)) {
      case 0:
        return 'NULL';
      case 1:
        return String(r.below(5) - 2);
      case 2:
        return String(r.below(2000) - 1000);
      case 3:
        // Not the largest rowids: after them SQLite draws new ones at random.
        return r.pick(['-9223372036854775808', '9007199254740993', '4294967296']);
      case 4:
        return r.pick(['0.0', '1.5', '-2.25', '1e10', '0.1', '3.0', '-0.5']);
      case 5:
        return `'${r.pick(['', 'a', 'A', 'b ', 'abc', 'ABC', '12', '1.0', ' 3', '1e2', 'x', 'zz'])}'`;
      case 6:
        return `x'${r.pick(['', '00', '61', '6162', 'ff'])}'`;
      default:
        return r.chance(0.6) ? String(r.below(12)) : `'${r.pick(['a', 'b', 'c', 'd', 'A', 'B'])}'`;
    }
  }

  createTable(): string {
    const { r } = this;
    const name = this.fresh('t');
    const count = 1 + r.below(5);
    const columns: string[] = [];
    const definitions: string[] = [];
    const withoutRowid = r.chance(0.15);
    const rowidKey = !withoutRowid && r.chance(0.35);
    for (let i = 0; i < count; i++) {
      const column = `c${i}`;
      columns.push(column);
      let text = `${column} ${r.pick(TYPES)}${r.pick(COLLATIONS)}`;
      if (i === 0 && rowidKey)
        text = `${column} INTEGER PRIMARY KEY${r.chance(0.2) ? ' AUTOINCREMENT' : ''}`;
      else {
        if (r.chance(0.12)) text += ' NOT NULL';
        if (r.chance(0.12)) text += ` DEFAULT ${this.literal()}`;
        if (r.chance(0.1))
          text += ` UNIQUE${r.pick(['', '', ' ON CONFLICT IGNORE', ' ON CONFLICT REPLACE'])}`;
        if (r.chance(0.05)) text += ` CHECK(${column} IS NOT 7)`;
      }
      definitions.push(text);
    }
    const writable = [...columns];
    if (r.chance(0.1)) {
      columns.push('g');
      definitions.push(`g AS (c0 || 'g')${r.pick([' STORED', ' VIRTUAL', ''])}`);
    }
    if (withoutRowid) definitions.push(`PRIMARY KEY(${this.some(writable, 2).join(', ')})`);
    else if (count > 1 && r.chance(0.1))
      definitions.push(`UNIQUE(${this.some(writable, 2).join(', ')})`);
    this.tables.push({ name, columns, writable, isView: false });
    return `CREATE TABLE ${name}(${definitions.join(', ')})${withoutRowid ? ' WITHOUT ROWID' : ''}`;
  }

  private some(list: readonly string[], most: number): string[] {
    const count = Math.min(list.length, 1 + this.r.below(most));
    const rest = [...list];
    return Array.from({ length: count }, () => rest.splice(this.r.below(rest.length), 1)[0]!);
  }

  createIndex(): string {
    const { r } = this;
    const t = this.table();
    const terms = this.some(t.columns, 3).map((c) => {
      const base = r.chance(0.1) ? `${c} || 'x'` : c;
      return base + r.pick(COLLATIONS) + r.pick(['', '', ' DESC']);
    });
    const where = r.chance(0.15) ? ` WHERE ${r.pick(t.columns)} IS NOT NULL` : '';
    const unique = r.chance(0.1) ? 'UNIQUE ' : '';
    return `CREATE ${unique}INDEX ${this.fresh('i')} ON ${t.name}(${terms.join(', ')})${where}`;
  }

  createView(): string {
    const name = this.fresh('v');
    const t = r0(this);
    const columns = this.some(t.columns, 3);
    this.tables.push({ name, columns, writable: columns, isView: true });
    const where = this.r.chance(0.5)
      ? ` WHERE ${this.condition([{ alias: t.name, table: t }], 1)}`
      : '';
    return `CREATE VIEW ${name} AS SELECT ${columns.join(', ')} FROM ${t.name}${where}`;
  }

  /** A base table. */
  table(): TableModel {
    return this.r.pick(this.tables.filter((t) => !t.isView));
  }

  any(): TableModel {
    return this.r.pick(this.tables);
  }

  insert(): string {
    const { r } = this;
    const t = this.table();
    const or = r.pick([
      '',
      '',
      '',
      'OR IGNORE ',
      'OR REPLACE ',
      'OR FAIL ',
      'OR ROLLBACK ',
      'OR ABORT ',
    ]);
    const columns = r.chance(0.3) ? this.some(t.writable, t.writable.length) : t.writable;
    if (r.chance(0.12)) {
      const s = this.any();
      const items = columns.map(() => r.pick(s.columns));
      return `INSERT ${or}INTO ${t.name}(${columns.join(', ')}) SELECT ${items.join(', ')} FROM ${s.name} LIMIT ${r.below(6)}`;
    }
    const rows = Array.from(
      { length: 1 + r.below(4) },
      () => `(${columns.map(() => this.literal()).join(', ')})`,
    );
    const upsert = r.chance(0.1) ? ' ON CONFLICT DO NOTHING' : '';
    return `INSERT ${or}INTO ${t.name}(${columns.join(', ')}) VALUES ${rows.join(', ')}${upsert}`;
  }

  update(): string {
    const { r } = this;
    const t = this.table();
    const scope = [{ alias: t.name, table: t }];
    const or = r.pick(['', '', '', 'OR IGNORE ', 'OR REPLACE ']);
    const sets = this.some(t.writable, 2).map((c) => `${c} = ${this.expr(scope, 2)}`);
    const where = r.chance(0.85) ? ` WHERE ${this.condition(scope, 2)}` : '';
    return `UPDATE ${or}${t.name} SET ${sets.join(', ')}${where}`;
  }

  delete(): string {
    const t = this.table();
    const scope = [{ alias: t.name, table: t }];
    return `DELETE FROM ${t.name} WHERE ${this.condition(scope, 2)}`;
  }

  // -- expressions -------------------------------------------------------------------------------

  private column(scope: readonly ScopeItem[]): string {
    const s = this.r.pick(scope);
    return `${s.alias}.${this.r.pick(s.table.columns)}`;
  }

  expr(scope: readonly ScopeItem[], depth: number): string {
    const { r } = this;
    if (depth <= 0 || scope.length === 0 || r.chance(0.35)) {
      return scope.length > 0 && r.chance(0.7) ? this.column(scope) : this.literal();
    }
    const a = (): string => this.expr(scope, depth - 1);
    switch (r.below(14)) {
      case 0:
      case 1:
        return `(${a()} ${r.pick(['+', '-', '*', '/', '%', '||', '&', '|', '<<', '>>'])} ${a()})`;
      case 2:
        return `CASE WHEN ${this.condition(scope, depth - 1)} THEN ${a()} ELSE ${a()} END`;
      case 3:
        return `coalesce(${a()}, ${a()})`;
      case 4:
        return `${r.pick(['abs', 'length', 'typeof', 'upper', 'lower', 'hex', 'quote', 'trim'])}(${a()})`;
      case 5:
        return `CAST(${a()} AS ${r.pick(['INTEGER', 'TEXT', 'REAL', 'NUMERIC', 'BLOB'])})`;
      case 6:
        return `${r.pick(['min', 'max'])}(${a()}, ${a()})`;
      case 7:
        return `substr(${a()}, ${r.below(4)}, ${r.below(4)})`;
      case 8:
        return `(${r.pick(['-', '+', '~', 'NOT '])}${a()})`;
      case 9:
        return `(${this.condition(scope, depth - 1)})`;
      case 10: {
        const t = this.any();
        const alias = this.fresh('s');
        const inner = [...scope, { alias, table: t }];
        const item = r.pick([
          'count(*)',
          `max(${alias}.${r.pick(t.columns)})`,
          `${alias}.${r.pick(t.columns)}`,
        ]);
        return `(SELECT ${item} FROM ${t.name} AS ${alias} WHERE ${this.condition(inner, 1)})`;
      }
      case 11:
        return `nullif(${a()}, ${a()})`;
      case 12:
        return `iif(${this.condition(scope, depth - 1)}, ${a()}, ${a()})`;
      default:
        return `replace(${a()}, 'a', ${a()})`;
    }
  }

  condition(scope: readonly ScopeItem[], depth: number): string {
    const { r } = this;
    const a = (): string =>
      r.chance(0.6) && scope.length > 0 ? this.column(scope) : this.expr(scope, depth - 1);
    const op = r.pick(['=', '=', '=', '<', '>', '<=', '>=', '<>', 'IS', 'IS NOT']);
    const collate = r.chance(0.08) ? r.pick([' COLLATE NOCASE', ' COLLATE BINARY']) : '';
    switch (depth <= 0 ? r.below(4) : r.below(13)) {
      case 4:
      case 5:
        return `(${this.condition(scope, depth - 1)} AND ${this.condition(scope, depth - 1)})`;
      case 6:
        return `(${this.condition(scope, depth - 1)} OR ${this.condition(scope, depth - 1)})`;
      case 7:
        return `${a()} IS ${r.pick(['NULL', 'NOT NULL', 'TRUE', 'NOT FALSE'])}`;
      case 8:
        return `${a()} ${r.pick(['IN', 'NOT IN'])} (${Array.from({ length: r.below(4) }, () => this.literal()).join(', ')})`;
      case 9:
        return `${a()} ${r.pick(['BETWEEN', 'NOT BETWEEN'])} ${this.literal()} AND ${this.literal()}`;
      case 10:
        return `${a()} ${r.pick(['LIKE', 'GLOB', 'NOT LIKE'])} ${r.pick(["'a%'", "'%b%'", "'A_c'", "'a*'", "'1%'"])}`;
      case 11: {
        const t = this.any();
        const alias = this.fresh('s');
        const inner = [...scope, { alias, table: t }];
        const body = `FROM ${t.name} AS ${alias} WHERE ${this.condition(inner, 1)}`;
        return r.chance(0.5)
          ? `${r.pick(['', 'NOT '])}EXISTS (SELECT 1 ${body})`
          : `${a()} ${r.pick(['IN', 'NOT IN'])} (SELECT ${alias}.${r.pick(t.columns)} ${body})`;
      }
      case 12:
        return `NOT ${this.condition(scope, depth - 1)}`;
      default:
        return `${a()} ${op} ${r.chance(0.5) ? this.literal() : a()}${collate}`;
    }
  }

  // -- queries -----------------------------------------------------------------------------------

  private from(): { sql: string; scope: ScopeItem[] } {
    const { r } = this;
    const scope: ScopeItem[] = [];
    let sql = '';
    const count = r.pick([1, 1, 1, 2, 2, 3]);
    for (let i = 0; i < count; i++) {
      const table = this.any();
      const alias = this.fresh('a');
      const join = i === 0 ? '' : r.pick([', ', ' JOIN ', ' LEFT JOIN ', ' CROSS JOIN ']);
      if (r.chance(0.12)) {
        const columns = this.some(table.columns, 3);
        const where = r.chance(0.5)
          ? ` WHERE ${this.condition([{ alias: table.name, table }], 1)}`
          : '';
        const distinct = r.chance(0.3) ? 'DISTINCT ' : '';
        sql += `${join}(SELECT ${distinct}${columns.join(', ')} FROM ${table.name}${where}) AS ${alias}`;
        scope.push({ alias, table: { ...table, columns } });
      } else {
        sql += `${join}${table.name} AS ${alias}`;
        scope.push({ alias, table });
      }
      if (join.includes('JOIN') && !join.includes('CROSS'))
        sql += ` ON ${this.condition(scope, 1)}`;
    }
    return { sql, scope };
  }

  private core(columns: number): string {
    const { r } = this;
    const { sql, scope } = this.from();
    const where = r.chance(0.7) ? ` WHERE ${this.condition(scope, 2)}` : '';
    if (r.chance(0.2)) {
      const keys = Array.from({ length: 1 + r.below(2) }, () => this.column(scope));
      const items = Array.from({ length: columns }, () =>
        r.chance(0.4)
          ? r.pick(keys)
          : r.pick([
              'count(*)',
              `count(DISTINCT ${this.column(scope)})`,
              `sum(${this.column(scope)})`,
              `min(${this.column(scope)})`,
              `max(${this.column(scope)})`,
              `total(${this.column(scope)})`,
              `group_concat(${this.column(scope)})`,
            ]),
      );
      const having = r.chance(0.25) ? ` HAVING count(*) > ${r.below(3)}` : '';
      const group = r.chance(0.8) ? ` GROUP BY ${keys.join(', ')}` : '';
      return `SELECT ${items.join(', ')} FROM ${sql}${where}${group}${group === '' ? '' : having}`;
    }
    const distinct = r.chance(0.15) ? 'DISTINCT ' : '';
    const items = Array.from({ length: columns }, () => this.expr(scope, 2));
    return `SELECT ${distinct}${items.join(', ')} FROM ${sql}${where}`;
  }

  select(): string {
    const { r } = this;
    const columns = 1 + r.below(3);
    let sql = this.core(columns);
    if (r.chance(0.15)) {
      for (let i = r.below(2); i >= 0; i--) {
        sql += ` ${r.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} ${this.core(columns)}`;
      }
    }
    if (r.chance(0.45)) {
      const terms = Array.from(
        { length: 1 + r.below(columns) },
        () =>
          `${1 + r.below(columns)}${r.pick(['', '', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST'])}`,
      );
      sql += ` ORDER BY ${terms.join(', ')}`;
    }
    if (r.chance(0.2)) sql += ` LIMIT ${r.below(8)}${r.chance(0.3) ? ` OFFSET ${r.below(4)}` : ''}`;
    return sql;
  }

  trigger(): string {
    const { r } = this;
    const t = this.table();
    const target = this.table();
    const event = r.pick(['INSERT', 'UPDATE', 'DELETE']);
    const row = event === 'DELETE' ? 'old' : 'new';
    const value = `${row}.${r.pick(t.columns)}`;
    const body = r.pick([
      `INSERT OR IGNORE INTO ${target.name}(${target.writable[0]}) VALUES(${value})`,
      `UPDATE OR IGNORE ${target.name} SET ${r.pick(target.writable)} = ${value} WHERE ${r.pick(target.columns)} = ${value}`,
      `DELETE FROM ${target.name} WHERE ${r.pick(target.columns)} = ${value} AND ${r.pick(target.columns)} > 5`,
    ]);
    const when = r.chance(0.4) ? ` WHEN ${row}.${r.pick(t.columns)} > 3` : '';
    return `CREATE TRIGGER ${this.fresh('r')} ${r.pick(['BEFORE', 'AFTER'])} ${event} ON ${t.name}${when} BEGIN ${body}; END`;
  }

  /** The next statement of a session. */
  statement(): string {
    const { r } = this;
    if (this.tables.length < 2) return this.createTable();
    switch (r.below(40)) {
      case 0:
        return this.tables.length < 6 ? this.createTable() : this.select();
      case 1:
      case 2:
        return this.createIndex();
      case 3:
        return this.tables.length < 8 ? this.createView() : this.select();
      case 4:
        return r.chance(0.5) ? this.trigger() : this.select();
      case 5:
        return r.pick(['BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s', 'RELEASE s', 'ROLLBACK TO s']);
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
        return this.insert();
      case 13:
      case 14:
      case 15:
        return this.update();
      case 16:
        return this.delete();
      default:
        return this.select();
    }
  }
}

interface ScopeItem {
  readonly alias: string;
  readonly table: TableModel;
}

function r0(g: Generator): TableModel {
  return g.table();
}
