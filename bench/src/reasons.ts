/**
 * Why workloads stay below their goals, and what was tried: from profiles, for the rows of RESULTS.md. Remove an
 * entry when its row has reached its goal.
 */
const SEEKS =
  'seeks by rowid or key in other tables: by the machine code most of their time is waiting for memory (page, key, row, each found through the one before); looking at the page at hand took them from 0.4 to 0.7; keys decoded into arrays, places guessed from the bounds of a page and a test of the leaf at hand were tried and bought nothing';
const FIRST_RUNS =
  'short: V8 has optimized its code only after 10 to 50 runs; then it is near the peer or ahead';
const ROWS =
  'the loop itself: to read each row and to parse its header is most of the profile; fetching the lines of a leaf side by side brought 1.2 to 2';
const FEW =
  'groups are few rows each: the key is stored and read once for each; not sorting the groups where ORDER BY follows brought 1.3 to 2.4';
const RUN =
  'a run is some thirty calls that V8 does not inline: binding, the frame, cursors, the seek, the record, the cell; none is above a tenth of the profile';

export const reasons: Readonly<Record<string, string>> = {
  'get by rowid':
    'a look at the file (fstat, 1 µs) at the start of each read, since there are no locks against other processes yet; a run on one warm row takes 0.3 µs beside it; then searching pages that are not in the cache',
  'get by unique text': 'as get by rowid',
  'get by composite index': 'as get by rowid',
  pluck: 'as get by rowid',
  'trial: reading rows individually (get)': 'as get by rowid',
  'all rows as objects':
    'making strings (a quarter of the profile) and collecting the rows of the run before (a third); rows that compiled code gives away without leaving its loop brought it from 2.3',
  'all rows as arrays': 'as objects',
  'large text and blobs':
    'overflow pages are copied to a buffer and decoded or copied again; one buffer for all texts brought a tenth, buffers without zeros nothing',
  'sum with a numeric filter': ROWS,
  LIKE: 'one run of the pattern is looked for in each text, by a table of shifts',
  'IN list': 'each value is looked up in a hash',
  BETWEEN: ROWS,
  json_extract: 'the text is scanned anew for each row',
  'substr, upper, printf': 'printf (0.25 alone): numbers become strings and then bytes',
  DISTINCT:
    'two columns: their record is made, hashed and compared for each row; by the bytes of keys from 0.9',
  'ORDER BY LIMIT': 'the scan; most rows are refused by one number now, which brought 1.3',
  'ORDER BY text':
    'the sort is a third of the profile, making the rows the rest; sorting by six bytes at a time from 1.1',
  'window functions':
    'rows are encoded, kept and decoded by each cursor of the frame; loops as functions of their own and rows in memory took it from 0.23',
  UNION: 'two sorters and a merge; each row is encoded and decoded twice',
  'foreign key through an index': SEEKS,
  'three tables': SEEKS,
  'LEFT JOIN': SEEKS,
  'correlated EXISTS': SEEKS,
  'recursive CTE':
    'each row is encoded into the queue and decoded; rows in memory took it from 0.2',
  '100k inserts': RUN,
  '100k inserts, 1 index':
    'the seek and balancing (a quarter each); leaves that split earlier took three indexes from 0.37',
  '100k inserts, 3 indexes': 'as with one index',
  upsert: RUN,
  'update by key': `${RUN}; a row that grows makes its page be defragmented (a sixth)`,
  'update of an indexed column': 'two seeks and two changes of the index by handlers',
  'delete by key': RUN,
  'delete by range':
    'rows are deleted one by one, each with a seek in the index and a search for its space; entries with equal keys are told apart by their rowids now, which brought 1.4 where values are few',
  'CREATE INDEX':
    'runs once, so part of it before V8 has optimized anything; one instruction for all entries and new leaves without balancing took it from 0.34',
  'autocommit, WAL NORMAL':
    'a commit is two looks at the file, one at the next frame and one write, all through the runtime: system calls are four fifths of the profile; a buffer that the runtime need not move brought 1.3',
  'autocommit, WAL FULL': 'the disk: fdatasync is 85 % of the profile',
  'text and blobs of 1 to 100 KB':
    'system calls are two fifths of the profile; looking for the nearest free page for overflow, and for the length of texts in bytes, a tenth each',
  'trial: inserting rows individually (insert)': 'as autocommit',
  'trial: inserting 100 rows in a transaction': RUN,
  'prepare of 200 characters':
    'each text of the run is another one, nothing of it is cached, and V8 has not optimized the compiler yet: after some thousand texts it is 0.25, a fifth of that collection of trees and programs; the same text again costs 4 µs',
  'import, open, first query (less the runtime)':
    '1.4 MB of JavaScript are parsed (minified it is 4 ms less), then all code runs for the first time; a native library only opens a file',
  'TPC-H, all in sum': 'seeks, as in joins: they lead the profile of 10 of the 22 queries',
  'TPC-H: Q2': SEEKS,
  'TPC-H: Q3': SEEKS,
  'TPC-H: Q4': SEEKS,
  'TPC-H: Q5': SEEKS,
  'TPC-H: Q7': SEEKS,
  'TPC-H: Q8': SEEKS,
  'TPC-H: Q9': SEEKS,
  'TPC-H: Q10': SEEKS,
  'TPC-H: Q11': `${FIRST_RUNS}; seeks`,
  'TPC-H: Q12': 'rows are read through an index and a put-off seek, a third of the profile',
  'TPC-H: Q13': SEEKS,
  'TPC-H: Q14': SEEKS,
  'TPC-H: Q15': ROWS,
  'TPC-H: Q16':
    'keys of three columns and of DISTINCT are encoded and hashed for each row; by hash from 0.43',
  'TPC-H: Q17': SEEKS,
  'TPC-H: Q18': 'rows are read through an index and a put-off seek; a hash took it from 0.4',
  'TPC-H: Q19': FIRST_RUNS,
  'TPC-H: Q20': `${FIRST_RUNS}; seeks`,
  'TPC-H: Q21': SEEKS,
  'TPC-H: Q22': FIRST_RUNS,
  'wide table, all in sum': 'groups of few rows with long texts, see below',
  'wide table: count of flagged': ROWS,
  'wide table: sums and mean': ROWS,
  'wide table: first and last day': ROWS,
  'wide table: by engine, frequent ones': ROWS,
  'wide table: top phrases': FEW,
  'wide table: top phrases by visitors': FEW,
  'wide table: visitor, minute and phrase': FEW,
  'wide table: one visitor': ROWS,
  'wide table: LIKE on the address': ROWS,
  'wide table: LIKE and grouping': ROWS,
  'wide table: whole rows by LIKE':
    'a scan in order through an index, with a seek for each of a thousand rows',
  'wide table: latest with a phrase': ROWS,
  'wide table: phrases in order': 'each phrase is compared with the worst that is kept',
  'wide table: hosts cut out of texts': `${FEW}; min() of texts compares strings with bytes`,
  'wide table: a range of time by address': FEW,
  'wide table: source by CASE, with an offset': FEW,
  'wide table: visits of each minute': 'strftime and what it calls: a quarter of the profile',
  'a pass over all features': 'a flat profile: hundreds of short statements',
  'an application, reads and writes': 'commits and looks at the file, as autocommit',
};
