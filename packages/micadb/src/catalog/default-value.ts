/** Which expressions DEFAULT takes: constants and function calls of constants. */
import type { Expr } from '../sql/ast.ts';

function all(list: readonly (Expr | null)[]): boolean {
  return list.every((e) => e === null || isConstantDefault(e));
}

/** True when `e` may be a default: no columns, no parameters, no subqueries. */
export function isConstantDefault(e: Expr): boolean {
  switch (e.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'current':
      return true;
    case 'id':
      return e.name.quote === '' && /^(?:true|false)$/i.test(e.name.text);
    case 'unary':
    case 'cast':
    case 'collate':
      return isConstantDefault(e.operand);
    case 'binary':
      return all([e.left, e.right]);
    case 'like':
      return all([e.left, e.right, e.escape]);
    case 'between':
      return all([e.operand, e.low, e.high]);
    case 'in':
      return e.source.kind === 'list' && all([e.operand, ...e.source.items]);
    case 'case':
      return all([e.operand, ...e.whens.flatMap((w) => [w.when, w.then]), e.otherwise]);
    case 'function':
      return e.over === null && (e.args === 'star' || all(e.args));
    case 'vector':
      return all(e.items);
    case 'raise':
    case 'parameter':
    case 'column':
    case 'exists':
    case 'subquery':
      return false;
  }
}
