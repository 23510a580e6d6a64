/**
 * Why workloads stay below their goals, and what was tried: from profiles, for the rows of RESULTS.md. Remove an
 * entry when its row has reached its goal.
 */
export const reasons: Readonly<Record<string, string>> = {
  'get by rowid': 'a run costs about 1 µs before its first instruction (locks, frame, binding)',
  'large text and blobs':
    'overflow pages are copied to a buffer and decoded or copied again; one buffer for all texts brought a tenth, buffers without zeros nothing',
  LIKE: 'the pattern walks bytes one by one; a table of skips is not written',
  json_extract:
    'strings are encoded and read anew each row; a scanner of bytes in place of a tree took it to 0.47 after this table was measured',
  'substr, upper, printf':
    'arguments and results become strings; keeping parsed formats and integers without BigInt took printf from 0.13 to 0.19',
  'GROUP BY integer': 'rows go through the sorter; hash aggregation is not written',
  'GROUP BY text': 'rows go through the sorter; hash aggregation is not written',
  'GROUP BY two columns': 'rows go through the sorter; hash aggregation is not written',
  DISTINCT: 'keys of several columns become one text for the hash',
  'ORDER BY LIMIT':
    'every row that gets in is made a record; a sorted array in place of a tree took a worst case from 0.11 to 0.25',
  'ORDER BY text': 'ties of the first six bytes compare whole records',
  'window functions':
    'rows are encoded, kept and decoded by each cursor of the frame; loops as functions of their own and rows in memory took it from 0.23 to 0.67',
  UNION: 'two sorters and a merge; each row is encoded and decoded twice',
  'count(DISTINCT)': 'each value is looked up in a hash of JavaScript values',
  'foreign key through an index':
    'a page is three objects, each a miss of the cache; guessing places and looking at the page at hand took seeks from 0.4 to 0.7',
  'without an index': 'the automatic index is a tree; a hash join is not written',
  'three tables': 'seeks, as above; two of them a row',
  'LEFT JOIN': 'seeks, as above',
  'correlated EXISTS': 'seeks, as above; the subquery is entered through Gosub for each row',
  'recursive CTE':
    'each row is encoded into the queue and decoded; rows in memory took it from 0.2 to 0.7 where the machine is quiet',
  '100k inserts': 'a run costs about 1 µs before its first instruction',
  '100k inserts, 1 index':
    'balancing (a fifth), the seek, two copies of each record; ascending keys start new leaves at once now (0.45 to 0.56)',
  '100k inserts, 3 indexes': 'as with one index',
  'insert returning': 'the row goes through an ephemeral table and a second loop',
  upsert: 'a run costs about 1 µs before its first instruction',
  'update by key': 'a run costs about 1 µs before its first instruction',
  'update of an indexed column': 'two seeks and two changes of the index by handlers',
  'delete by key': 'a run costs about 1 µs before its first instruction',
  'delete by range':
    'rows are deleted one by one through handlers, each with a search for its space',
  'CREATE INDEX':
    'records are written to the sorter, read back, and stored one by one; pages are not written straight from the sorter',
  'autocommit, WAL NORMAL':
    'a commit is a look at the file (1.2 µs) and one synchronous write, both through the runtime',
  'autocommit, WAL FULL': 'bound by the disk',
  'text and blobs of 1 to 100 KB': 'bound by the disk and by copying to overflow pages',
  'trial: inserting rows individually (insert)': 'as autocommit',
  'trial: inserting 100 rows in a transaction': 'as 100k inserts',
  'import, open, first query (less the runtime)':
    '1.3 MB of JavaScript are parsed; a native library only opens a file',
};
