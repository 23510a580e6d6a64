/**
 * Schemas and queries whose plans and row order are compared with the oracle's. Files are made by the
 * oracle (statistics too, where a schema asks for them), so that both look at the same database.
 */

export interface PlanSchema {
  readonly name: string;
  readonly setup: readonly string[];
  readonly queries: readonly string[];
}

/** Every combination of the parts, joined by spaces; '' leaves a part out. */
function combine(...parts: readonly (readonly string[])[]): string[] {
  let out = [''];
  for (const part of parts) {
    out = out.flatMap((head) => part.map((p) => (p === '' ? head : `${head} ${p}`.trim())));
  }
  return out;
}

function rows(count: number, make: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `(${make(i)})`).join(',');
}

const WORDS = ['ann', 'Bob', 'cid', 'dan', 'Eve', 'fay', 'gil', 'Hal'];

const oneTable: readonly string[] = [
  'CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d INT UNIQUE, e)',
  `INSERT INTO t VALUES ${rows(200, (i) => `${i + 1}, ${(i * 7) % 13}, '${WORDS[(i * 5) % 8]}', ${(i * 3) % 17}.5, ${i * 11}, ${i % 4 === 0 ? 'NULL' : i}`)}`,
  'CREATE INDEX t_a ON t(a)',
  'CREATE INDEX t_bc ON t(b, c DESC)',
  'CREATE INDEX t_e ON t(e) WHERE e IS NOT NULL',
  'CREATE INDEX t_x ON t(a + d)',
];

const oneTableQueries: readonly string[] = [
  ...combine(
    ['SELECT *', 'SELECT a', 'SELECT b, c', 'SELECT count(*)', 'SELECT DISTINCT a'],
    ['FROM t'],
    [
      '',
      'WHERE id = 5',
      'WHERE id > 10 AND id <= 20',
      'WHERE id IN (3, 1, 2)',
      'WHERE a = 3',
      'WHERE a IN (1, 5)',
      'WHERE a > 4',
      'WHERE a BETWEEN 2 AND 3',
      "WHERE b = 'ann'",
      "WHERE b = 'ann' AND c > 3",
      "WHERE b > 'c'",
      'WHERE d = 33',
      'WHERE e = 7',
      'WHERE e IS NOT NULL',
      'WHERE e IS NULL',
      'WHERE a + d = 14',
      'WHERE a = 3 OR d = 33',
      "WHERE a = 3 AND b = 'ann'",
      "WHERE b LIKE 'a%'",
      'WHERE c = 4.5',
    ],
  ),
  ...combine(
    ['SELECT id, a, b FROM t'],
    ['', 'WHERE a = 3', 'WHERE a > 4', "WHERE b = 'ann'", 'WHERE id > 100'],
    [
      'ORDER BY id',
      'ORDER BY id DESC',
      'ORDER BY a',
      'ORDER BY a DESC, id DESC',
      'ORDER BY b, c DESC',
      'ORDER BY b DESC, c',
      'ORDER BY b, c',
      'ORDER BY c',
      'ORDER BY a + d',
      'ORDER BY d LIMIT 5',
      'ORDER BY a, c LIMIT 5',
    ],
  ),
  ...combine(
    ['SELECT count(*), min(c) FROM t'],
    ['', 'WHERE a > 4', "WHERE b > 'c'"],
    ['GROUP BY a', 'GROUP BY b', 'GROUP BY b, c', 'GROUP BY c', 'GROUP BY a ORDER BY a DESC'],
  ),
  'SELECT max(a) FROM t',
  'SELECT min(b) FROM t',
  'SELECT max(id) FROM t WHERE a = 3',
  'SELECT min(c) FROM t',
  'SELECT DISTINCT b FROM t ORDER BY b',
  'SELECT DISTINCT b, c FROM t',
  'SELECT * FROM t INDEXED BY t_a WHERE a > 1',
  'SELECT * FROM t NOT INDEXED WHERE a = 3',
  'SELECT a FROM t WHERE +a = 3',
  'SELECT a FROM t WHERE likelihood(a = 3, 0.9) AND d > 5',
  'SELECT * FROM t WHERE (a, b) = (3, 1)',
  'SELECT * FROM t WHERE (b, c) > (1, 2)',
];

const shop: readonly string[] = [
  'CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, city TEXT)',
  'CREATE TABLE product(sku TEXT PRIMARY KEY, price REAL) WITHOUT ROWID',
  'CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT REFERENCES customer, day TEXT)',
  'CREATE TABLE line(ord INT, sku TEXT, n INT, PRIMARY KEY(ord, sku)) WITHOUT ROWID',
  'CREATE TABLE note(who INT, body TEXT)',
  `INSERT INTO customer VALUES ${rows(40, (i) => `${i + 1}, '${WORDS[i % 8]}${i}', '${['Oslo', 'Rome', 'Bern'][i % 3]}'`)}`,
  `INSERT INTO product VALUES ${rows(20, (i) => `'p${i}', ${i}.25`)}`,
  `INSERT INTO orders VALUES ${rows(120, (i) => `${i + 1}, ${(i * 7) % 45}, '2024-01-${10 + (i % 20)}'`)}`,
  `INSERT INTO line VALUES ${rows(300, (i) => `${(i % 120) + 1}, 'p${Math.floor(i / 120) * 3 + (i % 5)}', ${i % 9}`)}`,
  `INSERT INTO note VALUES ${rows(30, (i) => `${(i * 3) % 50}, 'n${i}'`)}`,
  'CREATE INDEX orders_customer ON orders(customer)',
  'CREATE INDEX customer_city ON customer(city, name)',
  'CREATE VIEW rich AS SELECT c.id, c.name, count(*) AS n FROM customer c JOIN orders o ON o.customer = c.id GROUP BY c.id',
  "CREATE VIEW oslo AS SELECT id, name FROM customer WHERE city = 'Oslo'",
];

const shopQueries: readonly string[] = [
  ...combine(
    ['SELECT c.name, o.day FROM customer c', 'SELECT c.name, o.day FROM orders o'],
    [
      'JOIN orders o ON o.customer = c.id',
      'LEFT JOIN orders o ON o.customer = c.id',
      'CROSS JOIN orders o ON o.customer = c.id',
      ', orders o',
    ],
    ['', "WHERE c.city = 'Oslo'", 'WHERE o.id = 3', 'WHERE c.id < 5 AND o.day > 1'],
    ['', 'ORDER BY c.id', 'ORDER BY o.day'],
  ).filter((q) => q.includes('FROM customer')),
  "SELECT * FROM customer c JOIN orders o ON o.customer = c.id JOIN line l ON l.ord = o.id WHERE c.city = 'Rome'",
  'SELECT * FROM line l JOIN orders o ON o.id = l.ord JOIN customer c ON c.id = o.customer JOIN product p ON p.sku = l.sku',
  'SELECT p.sku, sum(l.n) FROM product p JOIN line l USING(sku) GROUP BY p.sku HAVING sum(l.n) > 3',
  'SELECT * FROM customer c JOIN note n ON n.who = c.id',
  'SELECT * FROM note n JOIN note m ON n.who = m.who',
  'SELECT * FROM note n LEFT JOIN note m ON n.who = m.who AND m.body > n.body',
  'SELECT * FROM customer WHERE id IN (SELECT customer FROM orders)',
  'SELECT * FROM customer WHERE id NOT IN (SELECT customer FROM orders)',
  'SELECT * FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id)',
  'SELECT * FROM customer c WHERE NOT EXISTS (SELECT 1 FROM note n WHERE n.who = c.id)',
  'SELECT name, (SELECT count(*) FROM orders o WHERE o.customer = c.id) FROM customer c',
  'SELECT name, (SELECT max(day) FROM orders) FROM customer',
  'SELECT * FROM (SELECT city, count(*) AS n FROM customer GROUP BY city) WHERE n > 1',
  'SELECT * FROM (SELECT id, name FROM customer ORDER BY name LIMIT 5) x JOIN orders o ON o.customer = x.id',
  'SELECT * FROM (SELECT DISTINCT city FROM customer) x JOIN customer c ON c.city = x.city',
  'SELECT * FROM rich',
  'SELECT * FROM rich WHERE n > 2 ORDER BY n',
  'SELECT * FROM rich r JOIN oslo o ON o.id = r.id',
  'SELECT * FROM oslo',
  'SELECT o.name, d.day FROM oslo o JOIN orders d ON d.customer = o.id',
  'SELECT id FROM customer UNION SELECT customer FROM orders',
  'SELECT id FROM customer UNION ALL SELECT customer FROM orders',
  'SELECT id FROM customer EXCEPT SELECT customer FROM orders',
  'SELECT id FROM customer INTERSECT SELECT customer FROM orders ORDER BY 1 DESC',
  'SELECT id, name FROM customer UNION SELECT id, day FROM orders ORDER BY 2 LIMIT 5',
  'WITH big AS (SELECT ord, sum(n) AS s FROM line GROUP BY ord) SELECT * FROM big WHERE s > 9',
  'WITH x AS (SELECT id FROM customer) SELECT * FROM x a JOIN x b ON a.id = b.id',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n JOIN customer ON customer.id = i',
  "SELECT * FROM line WHERE ord = 5 AND sku = 'p0'",
  'SELECT * FROM line WHERE ord > 100',
  "SELECT * FROM line WHERE sku = 'p0'",
  'SELECT ord, sku FROM line ORDER BY ord, sku',
  'SELECT ord, sku FROM line ORDER BY sku',
  "SELECT * FROM product WHERE sku > 'p5'",
  'SELECT * FROM product ORDER BY sku DESC',
  'SELECT count(*) FROM product',
  'VALUES (1, 2), (3, 4)',
  'SELECT * FROM (VALUES (1), (2)) v JOIN customer c ON c.id = v.column1',
  'SELECT count(DISTINCT city) FROM customer',
  'SELECT city, count(DISTINCT name) FROM customer GROUP BY city',
  'SELECT group_concat(name) FROM customer WHERE id < 4',
  "SELECT * FROM customer WHERE city = 'Oslo' OR id = 3",
  "SELECT * FROM customer WHERE (city = 'Oslo' AND name > 'c') OR id IN (1, 2)",
  'SELECT * FROM customer c LEFT JOIN orders o ON o.customer = c.id LEFT JOIN line l ON l.ord = o.id WHERE c.id = 7',
  'SELECT c.id FROM customer c LEFT JOIN product p ON p.sku = c.name',
  'SELECT DISTINCT c.id FROM customer c LEFT JOIN orders o ON o.customer = c.id',
  'SELECT * FROM customer a, customer b, customer c WHERE a.id = b.id AND b.id = c.id',
  'SELECT * FROM orders o JOIN customer c ON c.id = o.customer ORDER BY c.city, o.id LIMIT 4',
  'SELECT * FROM customer RIGHT JOIN orders ON orders.customer = customer.id',
  'SELECT * FROM customer FULL JOIN note ON note.who = customer.id',
];

/** The oracle also samples into sqlite_stat4, which a default build neither writes nor reads. */
const ANALYZED = ['ANALYZE', 'DROP TABLE IF EXISTS sqlite_stat4'];

export const corpus: readonly PlanSchema[] = [
  { name: 'one table', setup: oneTable, queries: oneTableQueries },
  { name: 'one table, analyzed', setup: [...oneTable, ...ANALYZED], queries: oneTableQueries },
  { name: 'a shop', setup: shop, queries: shopQueries },
  { name: 'a shop, analyzed', setup: [...shop, ...ANALYZED], queries: shopQueries },
];
