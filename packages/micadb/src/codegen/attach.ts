/** ATTACH and DETACH: the connection does the work. https://www.sqlite.org/lang_attach.html */
import { bindExpr } from '../bind/index.ts';
import type { Expr, Statement } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { newBinder } from './dml.ts';
import { codeExprTo } from './expr.ts';
import { hostCallRequest } from './host-requests.ts';

/** A bare name stands for its own text. */
function codeArgument(cg: Codegen, e: Expr | null, reg: number): void {
  if (e === null) cg.b.emit(Opcode.Null, 0, reg);
  else if (e.kind === 'id') cg.b.emit(Opcode.String8, 0, reg, 0, e.name.text);
  else {
    const binder = newBinder(cg);
    codeExprTo(cg, bindExpr(binder, e, binder.emptyScope(null)), reg);
  }
}

export function codeAttach(
  cg: Codegen,
  stmt: Extract<Statement, { kind: 'attach' | 'detach' }>,
): ResultColumnInfo[] {
  const { b } = cg;
  const result = b.newReg();
  if (stmt.kind === 'attach') {
    const args = b.newRegs(3);
    codeArgument(cg, stmt.file, args);
    codeArgument(cg, stmt.schema, args + 1);
    codeArgument(cg, stmt.key, args + 2);
    b.emit(Opcode.HostCall, args, result, 3, hostCallRequest('attach', {}));
  } else {
    const arg = b.newReg();
    codeArgument(cg, stmt.schema, arg);
    b.emit(Opcode.HostCall, arg, result, 1, hostCallRequest('detach', {}));
  }
  return [];
}
