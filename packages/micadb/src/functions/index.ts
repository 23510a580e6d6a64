/** All built-in functions. Families are separate modules, one subject each. */
import { coreFunctions } from './core.ts';
import { stringFunctions } from './string.ts';
import type { FunctionDef } from './types.ts';

export function builtinFunctions(): readonly FunctionDef[] {
  return [...coreFunctions, ...stringFunctions];
}
