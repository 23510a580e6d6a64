/**
 * The built-in functions: what every engine has, and families that entry points add, so that a bundler
 * can leave them out. A family is one module or more, one subject.
 */
import { aggregateFunctions } from './aggregate.ts';
import { coreFunctions } from './core.ts';
import { patternFunctions } from './like.ts';
import { stringFunctions } from './string.ts';
import type { FunctionDef } from './types.ts';
import { windowFunctions } from './window.ts';

const families = new Set<readonly FunctionDef[]>([
  coreFunctions,
  stringFunctions,
  patternFunctions,
  aggregateFunctions,
  windowFunctions,
]);

/** Adds a family for the connections that are made from now on. */
export function addFunctions(family: readonly FunctionDef[]): void {
  families.add(family);
}

export function builtinFunctions(): readonly FunctionDef[] {
  return [...families].flat();
}
