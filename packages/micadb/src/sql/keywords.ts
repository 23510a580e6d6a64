/**
 * The keywords (https://www.sqlite.org/lang_keywords.html) and a hash table over them. The lexer
 * computes a word's hash while it scans the word, so that most identifiers are told from keywords
 * by one look into the table.
 */
import { Tok } from './token.ts';

const WORDS: readonly (readonly [string, Tok])[] = [
  ['ABORT', Tok.Abort],
  ['ACTION', Tok.Action],
  ['ADD', Tok.Add],
  ['AFTER', Tok.After],
  ['ALL', Tok.All],
  ['ALTER', Tok.Alter],
  ['ALWAYS', Tok.Always],
  ['ANALYZE', Tok.Analyze],
  ['AND', Tok.And],
  ['AS', Tok.As],
  ['ASC', Tok.Asc],
  ['ATTACH', Tok.Attach],
  ['AUTOINCREMENT', Tok.Autoincrement],
  ['BEFORE', Tok.Before],
  ['BEGIN', Tok.Begin],
  ['BETWEEN', Tok.Between],
  ['BY', Tok.By],
  ['CASCADE', Tok.Cascade],
  ['CASE', Tok.Case],
  ['CAST', Tok.Cast],
  ['CHECK', Tok.Check],
  ['COLLATE', Tok.Collate],
  ['COLUMN', Tok.Column],
  ['COMMIT', Tok.Commit],
  ['CONFLICT', Tok.Conflict],
  ['CONSTRAINT', Tok.Constraint],
  ['CREATE', Tok.Create],
  ['CROSS', Tok.JoinKw],
  ['CURRENT', Tok.Current],
  ['CURRENT_DATE', Tok.CtimeKw],
  ['CURRENT_TIME', Tok.CtimeKw],
  ['CURRENT_TIMESTAMP', Tok.CtimeKw],
  ['DATABASE', Tok.Database],
  ['DEFAULT', Tok.Default],
  ['DEFERRABLE', Tok.Deferrable],
  ['DEFERRED', Tok.Deferred],
  ['DELETE', Tok.Delete],
  ['DESC', Tok.Desc],
  ['DETACH', Tok.Detach],
  ['DISTINCT', Tok.Distinct],
  ['DO', Tok.Do],
  ['DROP', Tok.Drop],
  ['EACH', Tok.Each],
  ['ELSE', Tok.Else],
  ['END', Tok.End_],
  ['ESCAPE', Tok.Escape],
  ['EXCEPT', Tok.Except],
  ['EXCLUDE', Tok.Exclude],
  ['EXCLUSIVE', Tok.Exclusive],
  ['EXISTS', Tok.Exists],
  ['EXPLAIN', Tok.Explain],
  ['FAIL', Tok.Fail],
  ['FILTER', Tok.Filter],
  ['FIRST', Tok.First],
  ['FOLLOWING', Tok.Following],
  ['FOR', Tok.For],
  ['FOREIGN', Tok.Foreign],
  ['FROM', Tok.From],
  ['FULL', Tok.JoinKw],
  ['GENERATED', Tok.Generated],
  ['GLOB', Tok.LikeKw],
  ['GROUP', Tok.Group],
  ['GROUPS', Tok.Groups],
  ['HAVING', Tok.Having],
  ['IF', Tok.If],
  ['IGNORE', Tok.Ignore],
  ['IMMEDIATE', Tok.Immediate],
  ['IN', Tok.In],
  ['INDEX', Tok.Index],
  ['INDEXED', Tok.Indexed],
  ['INITIALLY', Tok.Initially],
  ['INNER', Tok.JoinKw],
  ['INSERT', Tok.Insert],
  ['INSTEAD', Tok.Instead],
  ['INTERSECT', Tok.Intersect],
  ['INTO', Tok.Into],
  ['IS', Tok.Is],
  ['ISNULL', Tok.IsNull],
  ['JOIN', Tok.Join],
  ['KEY', Tok.Key],
  ['LAST', Tok.Last],
  ['LEFT', Tok.JoinKw],
  ['LIKE', Tok.LikeKw],
  ['LIMIT', Tok.Limit],
  ['MATCH', Tok.Match],
  ['MATERIALIZED', Tok.Materialized],
  ['NATURAL', Tok.JoinKw],
  ['NO', Tok.No],
  ['NOT', Tok.Not],
  ['NOTHING', Tok.Nothing],
  ['NOTNULL', Tok.NotNull],
  ['NULL', Tok.Null],
  ['NULLS', Tok.Nulls],
  ['OF', Tok.Of],
  ['OFFSET', Tok.Offset],
  ['ON', Tok.On],
  ['OR', Tok.Or],
  ['ORDER', Tok.Order],
  ['OTHERS', Tok.Others],
  ['OUTER', Tok.JoinKw],
  ['OVER', Tok.Over],
  ['PARTITION', Tok.Partition],
  ['PLAN', Tok.Plan],
  ['PRAGMA', Tok.Pragma],
  ['PRECEDING', Tok.Preceding],
  ['PRIMARY', Tok.Primary],
  ['QUERY', Tok.Query],
  ['RAISE', Tok.Raise],
  ['RANGE', Tok.Range],
  ['RECURSIVE', Tok.Recursive],
  ['REFERENCES', Tok.References],
  ['REGEXP', Tok.LikeKw],
  ['REINDEX', Tok.Reindex],
  ['RELEASE', Tok.Release],
  ['RENAME', Tok.Rename],
  ['REPLACE', Tok.Replace],
  ['RESTRICT', Tok.Restrict],
  ['RETURNING', Tok.Returning],
  ['RIGHT', Tok.JoinKw],
  ['ROLLBACK', Tok.Rollback],
  ['ROW', Tok.Row],
  ['ROWS', Tok.Rows],
  ['SAVEPOINT', Tok.Savepoint],
  ['SELECT', Tok.Select],
  ['SET', Tok.Set],
  ['TABLE', Tok.Table],
  ['TEMP', Tok.Temp],
  ['TEMPORARY', Tok.Temp],
  ['THEN', Tok.Then],
  ['TIES', Tok.Ties],
  ['TO', Tok.To],
  ['TRANSACTION', Tok.Transaction],
  ['TRIGGER', Tok.Trigger],
  ['UNBOUNDED', Tok.Unbounded],
  ['UNION', Tok.Union],
  ['UNIQUE', Tok.Unique],
  ['UPDATE', Tok.Update],
  ['USING', Tok.Using],
  ['VACUUM', Tok.Vacuum],
  ['VALUES', Tok.Values],
  ['VIEW', Tok.View],
  ['VIRTUAL', Tok.Virtual],
  ['WHEN', Tok.When],
  ['WHERE', Tok.Where],
  ['WINDOW', Tok.Window],
  ['WITH', Tok.With],
  ['WITHOUT', Tok.Without],
];

/** All keywords, in upper case, sorted. */
export const KEYWORDS: readonly string[] = WORDS.map(([word]) => word);

/** Hash of a word: start with 0, then once for each code, folded with `| 0x20`. */
export function hashStep(hash: number, foldedCode: number): number {
  return (Math.imul(hash, 31) + foldedCode) | 0;
}

/** Slots, a power of two: open addressing; 0 is an empty one, else 1 + the keyword's place. */
const SIZE = 1024;
const slots = new Uint8Array(SIZE);
const tokens = new Uint8Array(WORDS.length);
const folded: readonly (readonly number[])[] = WORDS.map(([word]) =>
  Array.from(word, (c) => c.charCodeAt(0) | 0x20),
);
WORDS.forEach(([, token], i) => {
  tokens[i] = token;
  let slot = folded[i]!.reduce(hashStep, 0) & (SIZE - 1);
  while (slots[slot] !== 0) slot = (slot + 1) & (SIZE - 1);
  slots[slot] = i + 1;
});

/** Lengths of the shortest and longest keyword. */
export const MIN_KEYWORD = 2;
export const MAX_KEYWORD = 17;

/** The token of the word at start..end (letters and `_` only) with this hash: a keyword's, or Tok.Id. */
export function keywordToken(sql: string, start: number, end: number, hash: number): Tok {
  let slot = hash & (SIZE - 1);
  for (;;) {
    const entry = slots[slot]!;
    if (entry === 0) return Tok.Id;
    const codes = folded[entry - 1]!;
    if (codes.length === end - start) {
      let i = 0;
      while (i < codes.length && (sql.charCodeAt(start + i) | 0x20) === codes[i]) i++;
      if (i === codes.length) return tokens[entry - 1]!;
    }
    slot = (slot + 1) & (SIZE - 1);
  }
}

/** True for a word that is a keyword, in any letter case. */
export function isKeyword(word: string): boolean {
  if (word.length < MIN_KEYWORD || word.length > MAX_KEYWORD) return false;
  let hash = 0;
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i);
    if (!((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) && c !== 0x5f) return false;
    hash = hashStep(hash, c | 0x20);
  }
  return keywordToken(word, 0, word.length, hash) !== Tok.Id;
}

/** The keyword that sql.slice(start, end) is, in upper case; '' when it is none. */
export function keywordOf(sql: string, start: number, end: number): string {
  const word = sql.slice(start, end);
  return isKeyword(word) ? word.toUpperCase() : '';
}
