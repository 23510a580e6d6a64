/**
 * Why workloads stay below their goals, and what was tried: from profiles, for the rows of RESULTS.md. Remove an
 * entry when its row has reached its goal.
 */
export const reasons: Readonly<Record<string, string>> = {
  'get by rowid':
    'a run on one warm row takes 0.3 µs, 0.07 of them to begin and end the read; searching pages that are not in the cache leads the profile',
  'large text and blobs':
    'overflow pages are copied to a buffer and decoded or copied again; one buffer for all texts brought a tenth, buffers without zeros nothing',
  LIKE: 'one run of the pattern is looked for in each text, by a table of shifts',
  json_extract: 'the text is scanned anew for each row',
  'substr, upper, printf': 'printf (0.25 alone): numbers become strings and then bytes',
  'GROUP BY integer': 'rows go through the sorter; hash aggregation is not written',
  'GROUP BY text': 'rows go through the sorter; hash aggregation is not written',
  'GROUP BY two columns': 'rows go through the sorter; hash aggregation is not written',
  DISTINCT: 'keys of several columns become one text for the hash',
  'ORDER BY LIMIT':
    'every row that gets in is made a record; a sorted array in place of a tree took a worst case from 0.11 to 0.25',
  'ORDER BY text': 'texts that begin alike are compared byte by byte',
  'window functions':
    'rows are encoded, kept and decoded by each cursor of the frame; loops as functions of their own and rows in memory took it from 0.23 to 0.67',
  UNION: 'two sorters and a merge; each row is encoded and decoded twice',
  'count(DISTINCT)': 'each value is looked up in a hash of JavaScript values',
  'foreign key through an index':
    'a page is three objects, each a miss of the cache; guessing places and looking at the page at hand took seeks from 0.4 to 0.7',
  'without an index': 'the automatic index is a tree; a hash join is not written',
  'three tables': 'seeks, as above; two of them a row',
  'LEFT JOIN': 'seeks, as above',
  'correlated EXISTS': 'seeks, as above',
  'recursive CTE':
    'each row is encoded into the queue and decoded; rows in memory took it from 0.2 to 0.6',
  '100k inserts':
    'a run is some thirty calls that V8 does not inline: binding, the frame, cursors, the seek, the record, the cell; no other is above a twentieth',
  '100k inserts, 1 index':
    'the seek and balancing (a quarter each); leaves that split earlier took three indexes from 0.37 to 0.5',
  '100k inserts, 3 indexes': 'as with one index',
  upsert: 'as 100k inserts',
  'update by key': 'as 100k inserts; a row that grows makes its page be defragmented (a sixth)',
  'update of an indexed column': 'two seeks and two changes of the index by handlers',
  'delete by key': 'as 100k inserts',
  'delete by range':
    'rows are deleted one by one through handlers, each with a search for its space',
  'CREATE INDEX':
    'records are written to the sorter, read back, and stored one by one; pages are not written straight from the sorter',
  'autocommit, WAL NORMAL':
    'a commit is a look at the file (1.2 µs) and one synchronous write, both through the runtime',
  'trial: inserting rows individually (insert)': 'as autocommit',
  'trial: inserting 100 rows in a transaction': 'as 100k inserts',
  'prepare of 200 characters':
    'each text of the run is another one, nothing of it is cached: a fifth to a third is collection of the syntax trees and programs; the same text again costs 4 µs',
  'import, open, first query (less the runtime)':
    '1.4 MB of JavaScript are parsed (minified it is 4 ms less), then all code runs for the first time; a native library only opens a file',
  'TPC-H: Q16':
    'the sort of its groups leads the profile (a sixth); hash aggregation is not written',
  'TPC-H: Q21': 'seeks, as in joins',
  'wide table: source by CASE, with an offset':
    'a sort by five columns: hash aggregation is not written',
  'wide table: a range of time by address': 'a sort by long texts: hash aggregation is not written',
  'wide table: hosts cut out of texts': 'a sort by long texts: hash aggregation is not written',
  'wide table: four groups by expressions':
    'a sort by four columns: hash aggregation is not written',
};
