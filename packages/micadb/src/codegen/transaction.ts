/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE. https://www.sqlite.org/lang_transaction.html */
import type { Statement } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';

type TransactionStatement = Extract<
  Statement,
  { kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' }
>;

const SAVEPOINT_BEGIN = 0;
const SAVEPOINT_RELEASE = 1;
const SAVEPOINT_ROLLBACK = 2;

export function codeTransaction(cg: Codegen, stmt: TransactionStatement): ResultColumnInfo[] {
  const { b, env } = cg;
  switch (stmt.kind) {
    case 'begin':
      if (stmt.mode === 'CONCURRENT') {
        throw sqlError('BEGIN CONCURRENT is not supported yet');
      }
      if (stmt.mode !== 'DEFERRED') {
        const kind = stmt.mode === 'EXCLUSIVE' ? 2 : 1;
        env.catalog.schemas.forEach((schema, db) => {
          if (schema === null) return;
          b.emit(Opcode.Transaction, db, env.isReadOnly?.(db) === true ? 0 : kind);
        });
      }
      b.emit(Opcode.AutoCommit, 0, 0);
      break;
    case 'commit':
      b.emit(Opcode.AutoCommit, 1, 0);
      break;
    case 'rollback':
      if (stmt.to === null) b.emit(Opcode.AutoCommit, 1, 1);
      else b.emit(Opcode.Savepoint, SAVEPOINT_ROLLBACK, 0, 0, stmt.to.text);
      break;
    case 'savepoint':
      b.emit(Opcode.Savepoint, SAVEPOINT_BEGIN, 0, 0, stmt.name.text);
      break;
    case 'release':
      b.emit(Opcode.Savepoint, SAVEPOINT_RELEASE, 0, 0, stmt.name.text);
      break;
  }
  return [];
}
