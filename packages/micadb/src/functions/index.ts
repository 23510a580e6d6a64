/** All built-in functions. Families are separate modules, one subject each. */
import { aggregateFunctions } from './aggregate.ts';
import { coreFunctions } from './core.ts';
import { dateFunctions } from './datetime-functions.ts';
import { jsonFunctions } from './json.ts';
import { patternFunctions } from './like.ts';
import { mathFunctions } from './math.ts';
import { printfFunctions } from './printf.ts';
import { stringFunctions } from './string.ts';
import type { FunctionDef } from './types.ts';
import { windowFunctions } from './window.ts';

export function builtinFunctions(): readonly FunctionDef[] {
  return [
    ...coreFunctions,
    ...stringFunctions,
    ...printfFunctions,
    ...patternFunctions,
    ...mathFunctions,
    ...aggregateFunctions,
    ...windowFunctions,
    ...dateFunctions,
    ...jsonFunctions,
  ];
}
