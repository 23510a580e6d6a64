/**
 * Code of an uncorrelated subquery is a subroutine that can also be entered in line and does its work
 * once: where the same expression is coded again, it is called instead (SQLite's EP_Subrtn).
 */
import type { BoundExpr } from '../bind/tree.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';

export interface Subroutine {
  readonly returnReg: number;
  /** Address of its Once. */
  readonly address: number;
}

interface Known extends Subroutine {
  /** Result register, or the cursor of the set. */
  readonly result: number;
}

const known = new WeakMap<Codegen, Map<BoundExpr, Known>>();

export function beginSubroutine(cg: Codegen): Subroutine {
  const returnReg = cg.b.newReg();
  cg.b.emit(Opcode.BeginSubrtn, 0, returnReg);
  const address = cg.b.emit(Opcode.Once);
  return { returnReg, address };
}

export function endSubroutine(cg: Codegen, s: Subroutine): void {
  cg.b.jumpHere(s.address);
  cg.b.emit(Opcode.Return, s.returnReg, s.address, 1);
  cg.b.clearTemps();
}

export function rememberSubroutine(cg: Codegen, e: BoundExpr, s: Subroutine, result: number): void {
  let map = known.get(cg);
  if (map === undefined) {
    map = new Map();
    known.set(cg, map);
  }
  map.set(e, { ...s, result });
}

/**
 * Calls the subroutine that `e` was coded as before; its result, or null when there is none. `around`
 * gets that result, codes what goes before the call and returns what comes after it (once).
 */
export function codeAgain(
  cg: Codegen,
  e: BoundExpr,
  around: ((result: number) => () => void) | null,
): number | null {
  const s = known.get(cg)?.get(e);
  if (s === undefined) return null;
  const { b } = cg;
  if (around === null) {
    b.emit(Opcode.Gosub, s.returnReg, s.address);
    return s.result;
  }
  const once = b.emit(Opcode.Once);
  const after = around(s.result);
  b.emit(Opcode.Gosub, s.returnReg, s.address);
  after();
  b.jumpHere(once);
  return s.result;
}
