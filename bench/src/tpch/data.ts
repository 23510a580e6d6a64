/**
 * TPC-H's eight tables, filled after the distribution rules of its specification (revision 3, 4.2.3) by
 * our own seeded generator: the same rows on every machine, though not those of the council's program.
 * Money is REAL and dates are TEXT, as an application with SQLite would have them.
 */
import { random } from '../random.ts';
import type { DataSet, PeerDatabase, Value } from '../types.ts';
import {
  COLORS,
  CONTAINERS,
  INSTRUCTIONS,
  MODES,
  NATIONS,
  PRIORITIES,
  prose,
  REGIONS,
  SEGMENTS,
  TYPES,
} from './words.ts';

const SCHEMA = `
CREATE TABLE region(r_regionkey INTEGER PRIMARY KEY, r_name TEXT, r_comment TEXT);
CREATE TABLE nation(n_nationkey INTEGER PRIMARY KEY, n_name TEXT,
  n_regionkey INTEGER REFERENCES region, n_comment TEXT);
CREATE TABLE supplier(s_suppkey INTEGER PRIMARY KEY, s_name TEXT, s_address TEXT,
  s_nationkey INTEGER REFERENCES nation, s_phone TEXT, s_acctbal REAL, s_comment TEXT);
CREATE TABLE part(p_partkey INTEGER PRIMARY KEY, p_name TEXT, p_mfgr TEXT, p_brand TEXT, p_type TEXT,
  p_size INTEGER, p_container TEXT, p_retailprice REAL, p_comment TEXT);
CREATE TABLE partsupp(ps_partkey INTEGER REFERENCES part, ps_suppkey INTEGER REFERENCES supplier,
  ps_availqty INTEGER, ps_supplycost REAL, ps_comment TEXT, PRIMARY KEY(ps_partkey, ps_suppkey));
CREATE TABLE customer(c_custkey INTEGER PRIMARY KEY, c_name TEXT, c_address TEXT,
  c_nationkey INTEGER REFERENCES nation, c_phone TEXT, c_acctbal REAL, c_mktsegment TEXT, c_comment TEXT);
CREATE TABLE orders(o_orderkey INTEGER PRIMARY KEY, o_custkey INTEGER REFERENCES customer,
  o_orderstatus TEXT, o_totalprice REAL, o_orderdate TEXT, o_orderpriority TEXT, o_clerk TEXT,
  o_shippriority INTEGER, o_comment TEXT);
CREATE TABLE lineitem(l_orderkey INTEGER REFERENCES orders, l_partkey INTEGER, l_suppkey INTEGER,
  l_linenumber INTEGER, l_quantity REAL, l_extendedprice REAL, l_discount REAL, l_tax REAL,
  l_returnflag TEXT, l_linestatus TEXT, l_shipdate TEXT, l_commitdate TEXT, l_receiptdate TEXT,
  l_shipinstruct TEXT, l_shipmode TEXT, l_comment TEXT, PRIMARY KEY(l_orderkey, l_linenumber));`;

/** On foreign keys, as the specification allows (1.5.4). */
const INDEXES = `
CREATE INDEX nation_region ON nation(n_regionkey);
CREATE INDEX supplier_nation ON supplier(s_nationkey);
CREATE INDEX customer_nation ON customer(c_nationkey);
CREATE INDEX partsupp_supplier ON partsupp(ps_suppkey);
CREATE INDEX orders_customer ON orders(o_custkey);
CREATE INDEX lineitem_part ON lineitem(l_partkey, l_suppkey);
ANALYZE;`;

const DAY = 86_400_000;
const START = Date.UTC(1992, 0, 1) / DAY;
const END = Date.UTC(1998, 11, 31) / DAY;
const CURRENT = Date.UTC(1995, 5, 17) / DAY;
const date = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);

const numbered = (what: string, n: number) => `${what}#${String(n).padStart(9, '0')}`;
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,';

/** The random choices of 4.2.2, over one stream of numbers. */
function choices(next: () => number) {
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const pool = prose(next, 500_000);
  return {
    between,
    any: (from: readonly string[]) => from[between(0, from.length - 1)]!,
    /** An amount with two decimals. */
    money: (low: number, high: number) => between(low * 100, high * 100) / 100,
    text(low: number, high: number) {
      const length = between(low, high);
      const start = between(0, pool.length - length);
      return pool.slice(start, start + length);
    },
    address: () => Array.from({ length: between(10, 40) }, () => LETTERS[between(0, 63)]!).join(''),
    phone: (nation: number) =>
      `${nation + 10}-${between(100, 999)}-${between(100, 999)}-${between(1000, 9999)}`,
  };
}

type Choices = ReturnType<typeof choices>;

const retailPrice = (part: number) =>
  (90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000)) / 100;

/** Supplier number `i` of 4 of a part, of `suppliers` in all. */
const supplierOf = (part: number, i: number, suppliers: number) =>
  ((part + i * (Math.floor(suppliers / 4) + Math.floor((part - 1) / suppliers))) % suppliers) + 1;

/** An insertion of rows; whole numbers are bound as bigint, which every peer stores as INTEGER. */
function into(db: PeerDatabase, table: string, columns: number) {
  const s = db.prepare(`INSERT INTO ${table} VALUES (${'?, '.repeat(columns - 1)}?)`);
  return (...row: Value[]) => s.run(...row);
}

const int = BigInt;

function parts(db: PeerDatabase, c: Choices, count: number, suppliers: number): void {
  const part = into(db, 'part', 9);
  const partsupp = into(db, 'partsupp', 5);
  for (let key = 1; key <= count; key++) {
    const names = new Set<string>();
    while (names.size < 5) names.add(c.any(COLORS));
    const maker = c.between(1, 5);
    part(
      int(key),
      [...names].join(' '),
      `Manufacturer#${maker}`,
      `Brand#${maker}${c.between(1, 5)}`,
      TYPES.map(c.any).join(' '),
      int(c.between(1, 50)),
      CONTAINERS.map(c.any).join(' '),
      retailPrice(key),
      c.text(5, 22),
    );
    for (let i = 0; i < 4; i++) {
      const supplier = int(supplierOf(key, i, suppliers));
      partsupp(int(key), supplier, int(c.between(1, 9999)), c.money(1, 1000), c.text(49, 198));
    }
  }
}

function supplierRows(db: PeerDatabase, c: Choices, count: number): void {
  const supplier = into(db, 'supplier', 7);
  // 5 of 10,000 complain, 5 are recommended; one of each at least.
  const some = Math.max(1, Math.round(count / 2000));
  for (let key = 1; key <= count; key++) {
    const nation = c.between(0, 24);
    const said = key % Math.floor(count / (2 * some));
    const word = said === 1 ? (key * 2 <= count ? 'Complaints' : 'Recommends') : null;
    const comment =
      word === null ? c.text(25, 100) : `${c.text(25, 60)}Customer ${c.text(3, 8)}${word}`;
    const [name, phone] = [numbered('Supplier', key), c.phone(nation)];
    supplier(int(key), name, c.address(), int(nation), phone, c.money(-999.99, 9999.99), comment);
  }
}

function orderRows(db: PeerDatabase, c: Choices, scale: number): void {
  const order = into(db, 'orders', 9);
  const line = into(db, 'lineitem', 16);
  const customers = Math.round(scale * 150_000);
  const partCount = Math.round(scale * 200_000);
  const suppliers = Math.round(scale * 10_000);
  for (let n = 0; n < Math.round(scale * 1_500_000); n++) {
    // 8 of each 32 keys are used, and a third of the customers orders nothing.
    const key = int(Math.floor(n / 8) * 32 + (n % 8) + 1);
    let customer = c.between(1, customers);
    if (customer % 3 === 0) customer += customer < customers ? 1 : -1;
    const day = c.between(START, END - 151);
    const count = c.between(1, 7);
    let total = 0;
    let open = 0;
    for (let i = 1; i <= count; i++) {
      const part = c.between(1, partCount);
      const quantity = c.between(1, 50);
      const price = (quantity * Math.round(retailPrice(part) * 100)) / 100;
      const [discount, tax] = [c.between(0, 10) / 100, c.between(0, 8) / 100];
      const shipped = day + c.between(1, 121);
      const received = shipped + c.between(1, 30);
      if (shipped > CURRENT) open++;
      total += price * (1 + tax) * (1 - discount);
      line(
        key,
        int(part),
        int(supplierOf(part, c.between(0, 3), suppliers)),
        int(i),
        quantity,
        price,
        discount,
        tax,
        received <= CURRENT ? c.any(['R', 'A']) : 'N',
        shipped > CURRENT ? 'O' : 'F',
        date(shipped),
        date(day + c.between(30, 90)),
        date(received),
        c.any(INSTRUCTIONS),
        c.any(MODES),
        c.text(10, 43),
      );
    }
    order(
      key,
      int(customer),
      open === 0 ? 'F' : open === count ? 'O' : 'P',
      Math.round(total * 100) / 100,
      date(day),
      c.any(PRIORITIES),
      numbered('Clerk', c.between(1, Math.max(1, Math.round(scale * 1000)))),
      0n,
      c.text(19, 78),
    );
  }
}

function fill(db: PeerDatabase, scale: number): void {
  const c = choices(random(1992));
  db.exec(`PRAGMA foreign_keys = OFF; ${SCHEMA}`);
  db.exec('BEGIN');
  const region = into(db, 'region', 3);
  for (const [key, name] of REGIONS.entries()) region(int(key), name, c.text(31, 115));
  const nation = into(db, 'nation', 4);
  for (const [key, [name, r]] of NATIONS.entries()) nation(int(key), name, int(r), c.text(31, 114));
  supplierRows(db, c, Math.round(scale * 10_000));
  const customer = into(db, 'customer', 8);
  for (let key = 1; key <= Math.round(scale * 150_000); key++) {
    const nationKey = c.between(0, 24);
    customer(
      int(key),
      numbered('Customer', key),
      c.address(),
      int(nationKey),
      c.phone(nationKey),
      c.money(-999.99, 9999.99),
      c.any(SEGMENTS),
      c.text(29, 116),
    );
  }
  parts(db, c, Math.round(scale * 200_000), Math.round(scale * 10_000));
  orderRows(db, c, scale);
  db.exec('COMMIT');
  db.exec(INDEXES);
}

/** `scale` 1 has 6 million rows of lineitem; below 0.01 queries find nothing. */
export const tpch = (scale: number): DataSet => ({
  name: `tpch-${scale}`,
  fill: (db) => fill(db, scale),
});
