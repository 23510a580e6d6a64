/** The families of functions that an engine can do without. */
import { dateFunctions } from './datetime-functions.ts';
import { addFunctions } from './index.ts';
import { jsonFunctions } from './json.ts';
import { mathFunctions } from './math.ts';
import { printfFunctions } from './printf.ts';

/** json(), jsonb(), -> and the others of https://www.sqlite.org/json1.html. */
export function useJson(): void {
  addFunctions(jsonFunctions);
}

/** date(), strftime() and the others of https://www.sqlite.org/lang_datefunc.html. */
export function useDates(): void {
  addFunctions(dateFunctions);
}

/** sin(), log() and the others of https://www.sqlite.org/lang_mathfunc.html. */
export function useMath(): void {
  addFunctions(mathFunctions);
}

/** format() and printf(): https://www.sqlite.org/printf.html. */
export function useFormat(): void {
  addFunctions(printfFunctions);
}

export function useAllFunctions(): void {
  useMath();
  useDates();
  useJson();
  useFormat();
}
