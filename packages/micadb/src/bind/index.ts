/** What plan and codegen use of the binder. */
export * from './env.ts';
export { bindExpr, bindOrderTerms, scalar } from './expr.ts';
export { bindView, tableColumns } from './from.ts';
export { columnRef, resolveName } from './names.ts';
export * from './scope.ts';
export { bindResultColumns, bindSelect, columnName, queryColumns } from './select.ts';
export * from './self.ts';
export * from './tree.ts';
export * from './types.ts';
