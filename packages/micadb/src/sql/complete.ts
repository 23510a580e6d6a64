/** Is a text a whole statement? What sqlite3_complete() says, for shells that read line by line. */

import { SqliteError } from '../values/errors.ts';
import { Lexer, TokenType } from './lexer.ts';

/**
 * True when the text ends with a semicolon that ends a statement: not inside a string or comment, and
 * for CREATE TRIGGER only behind its END.
 */
export function isComplete(sql: string): boolean {
  const lexer = new Lexer(sql, 0);
  const words: string[] = [];
  let inTrigger = false;
  let complete = false;
  try {
    for (let i = 0; ; i++) {
      lexer.ensure(i);
      const type = lexer.types[i]!;
      if (type === TokenType.End) break;
      const word = lexer.words[i]!;
      if (word !== ';') {
        words.push(word);
        complete = false;
        if (words.length <= 4) inTrigger = beginsTrigger(words);
      } else if (inTrigger && words.at(-1) !== 'END') {
        words.push(';');
      } else {
        complete = true;
        inTrigger = false;
        words.length = 0;
      }
    }
  } catch (e) {
    if (e instanceof SqliteError) return false;
    throw e;
  }
  return complete && !endsInComment(sql);
}

/** [EXPLAIN [QUERY PLAN]] CREATE [TEMP] TRIGGER. */
function beginsTrigger(words: readonly string[]): boolean {
  const rest = words[0] === 'EXPLAIN' ? words.slice(1) : words;
  if (rest[0] !== 'CREATE') return false;
  const what = rest[1] === 'TEMP' || rest[1] === 'TEMPORARY' ? rest[2] : rest[1];
  return what === 'TRIGGER';
}

/** A block comment that is not closed goes on in the next line. */
function endsInComment(sql: string): boolean {
  const open = sql.lastIndexOf('/*');
  return open >= 0 && sql.indexOf('*/', open + 2) < 0 && sql.lastIndexOf(';') < open;
}
