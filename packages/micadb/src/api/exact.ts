/** Values in their exact form, and their text as SQLite writes it. */
import { toText } from '../values/format.ts';
import { textToString, utf8ToStringLossy } from '../values/utf.ts';
import { type SqlValue, Text } from '../values/value.ts';

/** Version of Mica's shell and engine. */
export const VERSION = '0.1.0';

/** A value as the engine has it. */
export type ExactValue = SqlValue;

/** The text of a value, as CAST(x AS TEXT) gives it; '' for NULL. */
export function valueToText(v: ExactValue): string {
  const text = toText(v);
  if (text instanceof Uint8Array) return utf8ToStringLossy(text, 0, text.length);
  return typeof text === 'string' || text instanceof Text ? textToString(text) : '';
}
