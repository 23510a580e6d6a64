/** Keywords (https://www.sqlite.org/lang_keywords.html) and which of them may serve as names. */

/** Keywords that become identifiers wherever the grammar has no use for them as keywords. */
const FALLBACK =
  'ABORT ACTION AFTER ALWAYS ANALYZE ASC ATTACH BEFORE BEGIN BY CASCADE CAST COLUMN CONFLICT CURRENT ' +
  'CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFERRED DESC DETACH DO EACH END EXCLUDE ' +
  'EXCLUSIVE EXPLAIN FAIL FILTER FIRST FOLLOWING FOR GENERATED GLOB GROUPS IF IGNORE IMMEDIATE ' +
  'INITIALLY INSTEAD KEY LAST LIKE MATCH MATERIALIZED NO NULLS OF OFFSET OTHERS OVER PARTITION PLAN ' +
  'PRAGMA PRECEDING QUERY RAISE RANGE RECURSIVE REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT ' +
  'ROLLBACK ROW ROWS SAVEPOINT TEMP TEMPORARY TIES TRIGGER UNBOUNDED VACUUM VIEW VIRTUAL WINDOW WITH ' +
  'WITHOUT WITHIN';

/** Words of join operators: names too, but never aliases without AS. */
const JOIN = 'CROSS FULL INNER LEFT NATURAL OUTER RIGHT';

const RESERVED =
  'ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT ' +
  'DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX ' +
  'INDEXED INSERT INTERSECT INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY ' +
  'REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE';

const fallback = new Set(FALLBACK.split(' '));
const join = new Set(JOIN.split(' '));

/** All keywords, in upper case. */
export const KEYWORDS: readonly string[] = [...fallback, ...join, ...RESERVED.split(' ')].sort();

const all = new Set(KEYWORDS);
const longest = Math.max(...KEYWORDS.map((k) => k.length));

/** The keyword that sql.slice(start, end) is, in upper case; '' when it is none. */
export function keywordOf(sql: string, start: number, end: number): string {
  const length = end - start;
  if (length < 2 || length > longest) return '';
  const word = sql.slice(start, end).toUpperCase();
  return word.length === length && all.has(word) ? word : '';
}

export function isFallback(keyword: string): boolean {
  return fallback.has(keyword);
}

export function isJoinWord(keyword: string): boolean {
  return join.has(keyword);
}

const PLAIN = /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/;

/** True when a name must be quoted to be read back as an identifier. */
export function needsQuotes(name: string): boolean {
  return !PLAIN.test(name) || all.has(name.toUpperCase());
}
