/** Writing names and strings so that they read back as the same. */
import type { Name } from './ast.ts';
import { isKeyword } from './keywords.ts';
import { Lexer } from './lexer.ts';
import { isName, Tok } from './token.ts';

/** A string literal. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** "name", always quoted. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** True when SQLite itself would quote the name in SQL text that it makes: no plain word, or a keyword. */
export function needsQuotes(name: string): boolean {
  return !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || isKeyword(name);
}

/** The name, in double quotes where it needs them. */
export function identifier(name: string): string {
  return needsQuotes(name) ? quoteIdentifier(name) : name;
}

/** A name of a syntax tree, quoted as it was; a bare one that cannot stand bare gets double quotes. */
export function nameText(name: Name): string {
  switch (name.quote) {
    case '"':
      return quoteIdentifier(name.text);
    case "'":
      return quoteString(name.text);
    case '`':
      return `\`${name.text.replaceAll('`', '``')}\``;
    case '[':
      return name.text.includes(']') ? quoteIdentifier(name.text) : `[${name.text}]`;
    case '':
      return isBareName(name.text) ? name.text : quoteIdentifier(name.text);
  }
}

/** True for a single word that the grammar takes as a name at least somewhere. */
function isBareName(text: string): boolean {
  if (text.includes('\0')) return false;
  const lexer = new Lexer(text, 0);
  lexer.ensure(0);
  const first = text.charAt(0);
  const quoted = first === '"' || first === '`' || first === '[' || first === "'";
  return (
    !quoted &&
    isName(lexer.types[0] ?? Tok.End) &&
    lexer.starts[0] === 0 &&
    lexer.ends[0] === text.length
  );
}
