/**
 * One wide table and the questions that are asked of such: page visits of some web sites, 42 columns, with
 * the skew of real ones (few sites and visitors make most of the rows, most search phrases are empty).
 */
import { random } from './random.ts';
import type { DataSet, Value } from './types.ts';

export const VISITS = 100_000;

/** Columns that are only there to be wide, or to be summed: small whole numbers. */
const FLAGS = 16;
const INTEGERS = 6;

const SCHEMA = `CREATE TABLE visits(id INTEGER PRIMARY KEY, site INT, visitor INT, session INT, region INT,
  at INT, day TEXT, url TEXT, referer TEXT, title TEXT, phrase TEXT, engine INT, browser TEXT, system TEXT,
  width INT, height INT, device INT, mobile INT, load_ms REAL, dwell_s REAL,
  ${Array.from({ length: INTEGERS }, (_, i) => `n${i} INT`).join(', ')},
  ${Array.from({ length: FLAGS }, (_, i) => `f${i} INT`).join(', ')})`;

const TOPICS = 'news sport cars music travel games health cooking maps video weather jobs'.split(
  ' ',
);
const THINGS = 'cheap best new used red small night summer winter city garden paper'.split(' ');
const BROWSERS = ['Lynx', 'Mosaic', 'Konqueror', 'Galeon', 'Dillo', ''];
const SYSTEMS = ['Amiga', 'BeOS', 'OS/2', 'Solaris', ''];
const START = Date.UTC(2026, 0, 1) / 1000;
const SECONDS = 31 * 86_400;

export const visits: DataSet = {
  name: 'visits',
  fill(db) {
    const next = random(2026);
    const below = (n: number) => Math.floor(next() * n);
    /** Small numbers far more often than large ones. */
    const skewed = (n: number) => Math.floor(n * next() ** 4);
    const any = (from: readonly string[]) => from[below(from.length)]!;
    db.exec(SCHEMA);
    db.exec('BEGIN');
    const s = db.prepare(`INSERT INTO visits VALUES (${'?, '.repeat(19 + INTEGERS + FLAGS)}?)`);
    for (let id = 1; id <= VISITS; id++) {
      const at = START + Math.floor((id / VISITS) * (SECONDS - 100)) + below(100);
      const site = 1 + skewed(500);
      const topic = any(TOPICS);
      const url = `https://site${site}.example/${topic}/${skewed(3000)}`;
      const found = next() < 0.13;
      const whole = (n: number) => BigInt(n);
      const row: Value[] = [
        ...[id, site, 1000 + skewed(40_000), below(2 ** 31), skewed(200), at].map(whole),
        new Date(at * 1000).toISOString().slice(0, 10),
        url,
        next() < 0.4
          ? ''
          : `https://${next() < 0.3 ? 'finder.example/?q=' : `site${1 + skewed(500)}.example/`}${any(TOPICS)}`,
        `${topic}: ${any(THINGS)} ${any(THINGS)} ${any(TOPICS)}`,
        found ? `${any(THINGS)} ${any(TOPICS)} ${skewed(300)}` : '',
        whole(found ? 1 + skewed(30) : 0),
        any(BROWSERS),
        any(SYSTEMS),
        ...[320 + 40 * below(60), 200 + 40 * below(40), skewed(6), below(5) === 0 ? 1 : 0].map(
          whole,
        ),
        next() * 3000,
        next() ** 3 * 600,
        ...Array.from({ length: INTEGERS }, (_, i) => whole(skewed(10 ** (i + 1)))),
        ...Array.from({ length: FLAGS }, (_, i) => whole(below(100) <= 5 * i ? 1 : 0)),
      ];
      s.run(...row);
    }
    db.exec('COMMIT');
    db.exec('CREATE INDEX visits_at ON visits(at); ANALYZE;');
  },
};

const DAY_10 = START + 10 * 86_400;
const sums = Array.from({ length: 30 }, (_, i) => `sum(width + ${i}) AS s${i}`).join(', ');

/** Name and question. */
export const questions: readonly (readonly [string, string])[] = [
  ['count of flagged', 'SELECT count(*) FROM visits WHERE f3 <> 0'],
  ['sums and mean', 'SELECT sum(n2), count(*), avg(width), avg(load_ms) FROM visits'],
  ['mean of large integers', 'SELECT avg(session), max(session) FROM visits'],
  ['distinct visitors', 'SELECT count(DISTINCT visitor) FROM visits'],
  ['distinct phrases', 'SELECT count(DISTINCT phrase) FROM visits'],
  ['first and last day', 'SELECT min(day), max(day) FROM visits'],
  ['thirty sums', `SELECT ${sums} FROM visits`],
  [
    'by engine, frequent ones',
    'SELECT engine, count(*) AS n FROM visits WHERE engine <> 0 GROUP BY engine ORDER BY n DESC, engine',
  ],
  [
    'visitors of each region',
    'SELECT region, count(DISTINCT visitor) AS u FROM visits GROUP BY region ORDER BY u DESC, region LIMIT 10',
  ],
  [
    'all about a region',
    'SELECT region, sum(n3), count(*) AS c, avg(width), count(DISTINCT visitor) FROM visits GROUP BY region ORDER BY c DESC, region LIMIT 10',
  ],
  [
    'by browser and system',
    'SELECT browser, system, count(*), avg(dwell_s) FROM visits WHERE mobile = 0 GROUP BY browser, system ORDER BY 3 DESC, 1, 2',
  ],
  [
    'top phrases',
    "SELECT phrase, count(*) AS c FROM visits WHERE phrase <> '' GROUP BY phrase ORDER BY c DESC, phrase LIMIT 10",
  ],
  [
    'top phrases by visitors',
    "SELECT phrase, count(DISTINCT visitor) AS u FROM visits WHERE phrase <> '' GROUP BY phrase ORDER BY u DESC, phrase LIMIT 10",
  ],
  [
    'busiest visitors',
    'SELECT visitor, count(*) AS c FROM visits GROUP BY visitor ORDER BY c DESC, visitor LIMIT 10',
  ],
  [
    'visitor, minute and phrase',
    'SELECT visitor, at / 60 % 60 AS m, phrase, count(*) AS c FROM visits GROUP BY visitor, m, phrase ORDER BY c DESC, visitor, m, phrase LIMIT 10',
  ],
  ['one visitor', 'SELECT id, url FROM visits WHERE visitor = 1003 ORDER BY id'],
  ['LIKE on the address', "SELECT count(*) FROM visits WHERE url LIKE '%music%'"],
  [
    'LIKE and grouping',
    "SELECT phrase, min(url), count(*) AS c FROM visits WHERE url LIKE '%sport%' AND phrase <> '' GROUP BY phrase ORDER BY c DESC, phrase LIMIT 10",
  ],
  ['whole rows by LIKE', "SELECT * FROM visits WHERE url LIKE '%site7.%' ORDER BY at, id LIMIT 10"],
  [
    'latest with a phrase',
    "SELECT phrase FROM visits WHERE phrase <> '' ORDER BY dwell_s, id LIMIT 10",
  ],
  ['phrases in order', "SELECT phrase FROM visits WHERE phrase <> '' ORDER BY phrase, id LIMIT 10"],
  [
    'length of addresses, HAVING',
    "SELECT site, avg(length(url)) AS l, count(*) AS c FROM visits WHERE url <> '' GROUP BY site HAVING count(*) > 200 ORDER BY l DESC, site LIMIT 25",
  ],
  [
    'hosts cut out of texts',
    "SELECT substr(referer, 9, instr(substr(referer, 9), '/') - 1) AS host, avg(length(referer)), count(*) AS c, min(referer) FROM visits WHERE referer <> '' GROUP BY host HAVING count(*) > 50 ORDER BY c DESC, host LIMIT 25",
  ],
  [
    'four groups by expressions',
    'SELECT site, site - 1, site - 2, site - 3, count(*) AS c FROM visits GROUP BY site, site - 1, site - 2, site - 3 ORDER BY c DESC, site LIMIT 10',
  ],
  [
    'a range of time by address',
    `SELECT url, count(*) AS c FROM visits WHERE at BETWEEN ${DAY_10} AND ${DAY_10 + 7 * 86_400} AND f2 = 0 GROUP BY url ORDER BY c DESC, url LIMIT 10`,
  ],
  [
    'source by CASE, with an offset',
    "SELECT CASE WHEN engine = 0 THEN referer ELSE '' END AS src, url AS dst, count(*) AS c FROM visits WHERE f1 = 0 GROUP BY src, dst ORDER BY c DESC, src, dst LIMIT 10 OFFSET 100",
  ],
  [
    'visits of each minute',
    `SELECT strftime('%Y-%m-%d %H:%M', at, 'unixepoch') AS minute, count(*) AS c FROM visits WHERE at BETWEEN ${DAY_10} AND ${DAY_10 + 2 * 86_400} GROUP BY minute ORDER BY minute LIMIT 10 OFFSET 1000`,
  ],
];
