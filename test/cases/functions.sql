-- Core functions, printf, dates (lang_corefunc.html, printf.html, lang_datefunc.html).
=== text
SELECT substr('hello', 0, 2), substr('hello', -2, 5), substr('hello', 2, -1), substr('hello', 9), substr(x'010203', 2), substr('hello', 2, NULL), substr('h€llo', 2, 1);
> 'h'|'lo'|'h'|''|x'0203'|NULL|'€'
SELECT instr('abc', ''), instr('', 'a'), instr(x'616263', 'b'), instr(NULL, 'a'), instr('a€b', 'b'), instr(123, 2);
> 1|0|2|NULL|3|2
SELECT replace('aaa', 'a', 'bb'), replace('abc', '', 'x'), replace('abc', 'b', NULL), replace(123, 2, 'x'), replace('aXa', 'x', 'y');
> 'bbbbbb'|'abc'|NULL|'1x3'|'aXa'
SELECT trim('  x  '), ltrim('abcx', 'cba'), rtrim('xyyz', 'zy'), trim('€x€', '€'), trim('x', ''), trim(NULL), trim(5, 5), trim('  x', NULL);
> 'x'|'x'|'x'|'x'|'x'|NULL|''|NULL
SELECT upper('aß€z'), lower('AÄZ'), length('a€😀'), length(x'0001'), length(1.5), octet_length('a€'), unicode('€'), unicode(''), char(), char(65, 0, 66), char(-1);
> 'Aß€Z'|'aÄz'|3|2|3|4|8364|NULL|''|'A\0B'|'�'
SELECT hex('€'), hex(12), hex(NULL), hex(1.5), unhex('4142'), unhex('41 42', ' '), unhex('4'), unhex('zz'), unhex('');
> 'E282AC'|'3132'|''|'312E35'|x'4142'|x'4142'|NULL|NULL|x''
SELECT quote(1), quote(1.5), quote('a''b'), quote(x'ab'), quote(NULL), quote(1e300), quote(-0.0);
> '1'|'1.5'|'''a''''b'''|'X''AB'''|'NULL'|'1.0e+300'|'0.0'
SELECT soundex('Ashcraft'), soundex('Tymczak'), soundex(''), soundex(NULL), soundex('123');
> 'A226'|'T522'|'?000'|'?000'|'?000'
SELECT concat('a', NULL, 1, 2.5, x'41'), concat_ws(',', 'a', NULL, 'b'), concat_ws(NULL, 'a'), concat(NULL);
> 'a12.5A'|'a,b'|NULL|''
SELECT concat();
! SQLITE_ERROR wrong number of arguments to function concat()
SELECT 'abc' LIKE 'ABC', 'äbc' LIKE 'Äbc', 'a_c' LIKE 'a\_c' ESCAPE '\', 'abc' LIKE 'a%%c', '' LIKE '%', NULL LIKE 'a', 5 LIKE 5, 'a' LIKE 'a' ESCAPE NULL;
> 1|0|1|1|1|NULL|1|NULL
SELECT 'a' LIKE 'b' ESCAPE 'xy';
! SQLITE_ERROR ESCAPE expression must be a single character
SELECT 'abc' GLOB 'a?c', 'a]c' GLOB 'a[]]c', 'a-c' GLOB 'a[a-]c', 'abc' GLOB 'a[^b]c', 'abc' GLOB 'A*', 'a*c' GLOB 'a[*]c', 'abc' GLOB '[', 'é' GLOB '?';
> 1|1|1|0|0|1|0|1
SELECT unistr('\0041\u20ac\+01F600\\'), unistr_quote('a'), unistr('\x');
! SQLITE_ERROR invalid Unicode escape
=== numbers and types
SELECT abs(-5), abs(-5.5), abs('-3'), abs('x'), abs(NULL), abs(x'31'), typeof(abs('3'));
> 5|5.5|3.0|0.0|NULL|1.0|'real'
SELECT abs(-9223372036854775808);
! SQLITE_ERROR integer overflow
SELECT round(2.5), round(3.5), round(-2.5), round(1.25, 1), round(1234.5678, -2), round(5), round('2.567', 2), round(NULL), round(1e300, 2), round(0.5), round(1.005, 2), round(9007199254740993, 0);
> 3.0|4.0|-3.0|1.3|1235.0|5.0|2.57|NULL|1e+300|1.0|1.0|9007199254740992.0
SELECT sign(5), sign(-0.1), sign(0.0), sign('x'), sign(NULL), sign('-3');
> 1|-1|0|NULL|NULL|-1
SELECT typeof(1), typeof(1e0), typeof('1'), typeof(x'31'), typeof(NULL), typeof(1 + '1'), typeof('1' || 1), typeof(9223372036854775808);
> 'integer'|'real'|'text'|'blob'|'null'|'integer'|'text'|'real'
SELECT max(1, '2', x'33', NULL), max(1, '2', x'33'), min(1, '2', x'33'), max('a', 'B'), min(2, 1.5);
> NULL|x'33'|1|'a'|1.5
SELECT max(), min();
! SQLITE_ERROR wrong number of arguments to function max()
SELECT coalesce(NULL, NULL), ifnull(NULL, 2), nullif(1, 1.0), nullif('a', 'A'), iif(NULL, 1, 2), iif('1', 'y', 'n'), if(0, 1, 1, 2), iif(0, 1, 0, 2, 3);
> NULL|2|NULL|'a'|2|'y'|2|3
SELECT coalesce(1);
! SQLITE_ERROR wrong number of arguments to function coalesce()
SELECT likelihood(1, 2);
! SQLITE_ERROR second argument to likelihood() must be a constant between 0.0 and 1.0
SELECT likely(5), unlikely('x'), likelihood(7, 0.25);
> 5|'x'|7
SELECT zeroblob(3), typeof(zeroblob(0)), length(zeroblob(-5)), hex(zeroblob(2) || 'a');
> x'000000'|'blob'|0|'000061'
SELECT ceil(1.5), ceil(-1.5), floor(1.5), floor('2.5'), trunc(-2.7), ceil(NULL), ceil('x'), typeof(ceil(5)), mod(10, 3), mod(10, 0), mod(-7.5, 2), pi();
> 2.0|-1.0|1.0|2.0|-2.0|NULL|NULL|'integer'|1.0|NULL|-1.5|3.141592653589793
SELECT sqrt(4), sqrt(-1), pow(2, 10), pow(0, -1), ln(0), ln(-1), log(10), log(2, 8), log10(1000), log2(8), exp(0), log(1, 5), sqrt('x');
> 2.0|NULL|1024.0|Inf|NULL|NULL|1.0|3.0|3.0|3.0|1.0|NULL|NULL
SELECT degrees(pi()), radians(180), atan2(1, 1), acos(2), acosh(0.5), atanh(1);
> 180.0|3.141592653589793|0.7853981633974483|NULL|NULL|Inf
SELECT nope(1);
! SQLITE_ERROR no such function: nope
SELECT abs(1, 2);
! SQLITE_ERROR wrong number of arguments to function abs()
SELECT abs();
! SQLITE_ERROR wrong number of arguments to function abs()
SELECT substr('a');
! SQLITE_ERROR wrong number of arguments to function substr()
=== printf
SELECT printf('%d %i %u', 5, -5, -1), printf('%5d|%-5d|%05d|%+d|% d', 42, 42, 42, 42, 42), printf('%,d %,d', 1234567, -999), printf('%d', 'x'), printf('%d', 3.99), printf('%d', NULL), printf('%ld %lld', 1, 2);
> '5 -5 18446744073709551615'|'   42|42   |00042|+42| 42'|'1,234,567 -999'|'0'|'3'|'0'|'1 2'
SELECT printf('%f %.2f %10.3f %-10.1f| %.0f %+f', 1.5, 2.005, 3.14159, 2.25, 2.5, 1), printf('%#.0f', 3), printf('%,.2f', 1234567.891), printf('%010.2f', -3.14159);
> '1.500000 2.00      3.142 2.3       | 3 +1.000000'|'3.'|'1,234,567.89'|'-000003.14'
SELECT printf('%e %.3e %E', 12345.678, 0.00012345, 1e100), printf('%g %g %g %G', 100000, 1000000, 0.0001, 1e-10), printf('%.3g %#g', 1234.5, 1.5), printf('%!.20f', 0.1), printf('%.20f', 0.1);
> '1.234568e+04 1.234e-04 1.000000E+100'|'100000 1e+06 0.0001 1E-10'|'1.23e+03 1.50000'|'0.1000000000000000056'|'0.10000000000000000000'
SELECT printf('%s %10s|%-10s|%.2s', 'abc', 'abc', 'abc', 'abc'), printf('%s', NULL), printf('%s', 1.0), printf('%s', x'414200'), printf('%!.2s|%.2s', '€uro', '€uro'), printf('%!5s|%5s', '€', '€');
> 'abc        abc|abc       |ab'|''|'1.0'|'AB'|'€u|�'|'    €|  €'
SELECT printf('%x %X %o %#x %#o %08x', 255, 255, 8, 255, 8, 255), printf('%x', -1), printf('%c %c %3c|%-3c|', 'abc', '', 'x', 'y'), printf('%.3c', 'x'), printf('%%'), printf('%5%|');
> 'ff FF 10 0xff 010 000000ff'|'ffffffffffffffff'|'a \0   x|y  |'|'xxx'|'%'|'    %|'
SELECT printf('%q', 'it''s'), printf('%Q', 'it''s'), printf('%Q', NULL), printf('%q', NULL), printf('%w', 'a"b'), printf('%10q|', 'a''b'), printf('%#Q', 'a' || char(10));
> 'it''''s'|'''it''''s'''|'NULL'|'(NULL)'|'a""b'|'      a''''b|'|'unistr(''a\u000a'')'
SELECT printf('%*d|%-*d|%.*f', 5, 1, 5, 2, 2, 3.14159), printf('%*d', -5, 1), printf('%d %d', 1), printf('%'), printf('%y'), printf('abc%'), printf('%n'), printf(NULL), printf();
> '    1|2    |3.14'|'1    '|'1 0'|'%'|NULL|'abc%'|''|NULL|NULL
SELECT printf('%f %g %e %d', 9e999, -9e999, 9e999, 9e999), printf('%.15g', 0.1), printf('%.17g', 0.1), printf('%f', 1e20), printf('%d', 9223372036854775807), printf('%d', -9223372036854775808), printf('%.1f', 0.25), printf('%.1f', 0.35);
> 'Inf -Inf Inf 9223372036854775807'|'0.1'|'0.1'|'100000000000000000000.000000'|'9223372036854775807'|'-9223372036854775808'|'0.3'|'0.3'
SELECT format('%s-%s', 1, 'b'), format('%d%%', 5), printf('%p', 255), printf('%z'), printf('%lf', 1.5), printf('%hd', 1);
> '1-b'|'5%'|'FF'|''|'1.500000'|NULL
=== dates
SELECT date('2024-02-29'), date('2023-02-29'), date('2024-02-29', '+1 year'), date('2024-01-31', '+1 month'), date('2024-01-31', '+1 month', 'floor'), date('2024-01-31', '+1 month', 'ceiling'), date('2024-03-31', '-1 month');
> '2024-02-29'|'2023-03-01'|'2025-03-01'|'2024-03-02'|'2024-02-29'|'2024-03-02'|'2024-03-02'
SELECT datetime('2024-01-01 12:00'), datetime('2024-01-01T12:00:30.5'), datetime('2024-01-01 12:00:00+02:30'), datetime('2024-01-01 12:00Z'), datetime('12:30'), datetime('2024-1-1'), datetime('2024-01-01 25:00'), datetime('now', 'x');
> '2024-01-01 12:00:00'|'2024-01-01 12:00:30'|'2024-01-01 09:30:00'|'2024-01-01 12:00:00'|'2000-01-01 12:30:00'|NULL|NULL|NULL
SELECT date(2460310.5), datetime(0, 'unixepoch'), datetime(1700000000, 'auto'), datetime(2460310.5, 'auto'), datetime(1e10, 'unixepoch'), date('2460310'), datetime(-1, 'unixepoch'), datetime(1700000000), date('-4713-11-24'), date(0);
> '2024-01-01'|'1970-01-01 00:00:00'|'2023-11-14 22:13:20'|'2024-01-01 00:00:00'|'2286-11-20 17:46:40'|'2023-12-31'|'1969-12-31 23:59:59'|NULL|NULL|'-4713-11-24'
SELECT date('2024-05-15', 'start of month'), date('2024-05-15', 'start of year'), datetime('2024-05-15 10:11:12', 'start of day'), date('2024-05-15', 'weekday 0'), date('2024-05-15', 'weekday 3'), date('2024-05-15', 'weekday 7'), date('2024-05-15', '+1 day', '-2 months', '+3 years');
> '2024-05-01'|'2024-01-01'|'2024-05-15 00:00:00'|'2024-05-19'|'2024-05-15'|NULL|'2027-03-16'
SELECT datetime('2024-05-15', '+1.5 days'), datetime('2024-05-15', '+90 minutes'), datetime('2024-05-15', '-0.5 seconds'), datetime('2024-05-15', '+01:30'), datetime('2024-05-15', '-01:30:15.5', 'subsec'), datetime('2024-05-15', '+0001-02-03 04:05:06'), datetime('2024-05-15', '5 hours'), date('2024-05-15', '+1.5 months');
> '2024-05-16 12:00:00'|'2024-05-15 01:30:00'|'2024-05-14 23:59:59'|'2024-05-15 01:30:00'|'2024-05-14 22:29:44.500'|'2025-07-18 04:05:06'|'2024-05-15 05:00:00'|'2024-06-30'
SELECT time('10:11:12.999'), time('10:11:12.999', 'subsec'), time('24:00'), time('10:60'), time('2024-01-01'), time(0.5), julianday('2024-01-01'), julianday('2024-01-01 12:00:00.5'), unixepoch('1970-01-01'), unixepoch('2024-01-01 00:00:01.75', 'subsec'), unixepoch('x');
> '10:11:12'|'10:11:12.999'|'24:00:00'|NULL|'00:00:00'|'00:00:00'|2460310.5|2460311.0000057872|0|1704067201.75|NULL
SELECT strftime('%d %e %f %F %G %g %H %I %j %J %k %l %m %M %p %P %R %s %S %T %u %U %V %w %W %Y %%', '2024-12-30 15:04:05.678');
> '30 30 05.678 2024-12-30 2025 25 15 03 365 2460675.127843495 15  3 12 04 PM pm 15:04 1735571045 05 15:04:05 1 52 01 1 53 2024 %'
SELECT strftime('%d %e %f %F %G %g %H %I %j %J %k %l %m %M %p %P %R %s %S %T %u %U %V %w %W %Y', '2021-01-03 00:04:05');
> '03  3 05.000 2021-01-03 2020 20 00 12 003 2459217.502835648  0 12 01 04 AM am 00:04 1609632245 05 00:04:05 7 01 53 0 00 2021'
SELECT strftime('%q', '2024-01-01'), strftime('%', '2024-01-01'), strftime('', '2024-01-01'), strftime(NULL, '2024-01-01'), strftime('%Y', NULL), strftime('%Y', 'garbage');
> NULL|NULL|''|NULL|NULL|NULL
SELECT timediff('2024-03-01', '2024-02-28'), timediff('2023-01-31', '2024-03-01'), timediff('2024-01-01 10:00', '2024-01-01 11:30:15.5'), timediff('x', '2024-01-01'), timediff('9999-12-31', '0000-01-01');
> '+0000-00-02 00:00:00.000'|'-0001-01-01 00:00:00.000'|'-0000-00-00 01:30:15.500'|NULL|'+9999-11-30 00:00:00.000'
SELECT date('9999-12-31', '+1 day'), date('0000-01-01', '-1 day'), date('2024-05-15', 'utc') IS NOT NULL, date('2024-05-15', 'nonsense'), date('2024-05-15', NULL), date(NULL), date(''), date(x'3230');
> NULL|'-0001-12-31'|1|NULL|NULL|NULL|NULL|'-4713-12-14'
SELECT date('2024-05-15 '), date(' 2024-05-15'), date('2024-05-15x'), datetime('2024-05-15 10:11:12.'), datetime('2024-05-15 10:11:12.12345678901234567890'), datetime('2024-05-15 10:11:1'), datetime('2024-05-15T10:11z'), datetime('2024-05-15 10:11 +05:00');
> '2024-05-15'|NULL|NULL|NULL|'2024-05-15 10:11:12'|NULL|'2024-05-15 10:11:00'|'2024-05-15 05:11:00'

=== the clock in expressions of tables
CREATE TABLE t(a, b CHECK(b > date('now')));
INSERT INTO t VALUES(1,2);
! SQLITE_ERROR non-deterministic use of date() in a CHECK constraint
CREATE TABLE t2(a, b AS (date('now')));
INSERT INTO t2 VALUES(1);
! SQLITE_ERROR non-deterministic use of date() in a generated column
SELECT * FROM t2;
CREATE TABLE t3(a, b AS (date(a)) STORED, c AS (strftime('%Y','now')) STORED);
INSERT INTO t3(a) VALUES(1);
! SQLITE_ERROR non-deterministic use of strftime() in a generated column
CREATE TABLE t3b(a, b AS (date(a)) STORED);
INSERT INTO t3b(a) VALUES('2020-01-01');
= 1
INSERT INTO t3b(a) VALUES('now');
! SQLITE_ERROR non-deterministic use of date() in a generated column
UPDATE t3b SET a = 'now';
! SQLITE_ERROR non-deterministic use of date() in a generated column
INSERT INTO t3b VALUES(NULL);
= 1
CREATE TABLE t4(a);
CREATE INDEX i ON t4(date('now'));
CREATE INDEX i2 ON t4(date(a));
INSERT INTO t4 VALUES('now');
! SQLITE_ERROR non-deterministic use of date() in an index
INSERT INTO t4 VALUES('2020-01-01');
! SQLITE_ERROR non-deterministic use of date() in an index
SELECT * FROM t4 WHERE date(a) = '2020-01-01';
CREATE INDEX i3 ON t4(a) WHERE a > date('now');
CREATE INDEX i4 ON t4(a) WHERE julianday(a) > 1;
INSERT INTO t4 VALUES('now');
! SQLITE_ERROR non-deterministic use of julianday() in an index
CREATE INDEX i5 ON t4(strftime('%s', a, 'localtime'));
CREATE INDEX i6 ON t4(strftime('%s', a, 'utc'));
INSERT INTO t4 VALUES('2020-01-01');
! SQLITE_ERROR non-deterministic use of strftime() in an index
CREATE TABLE t5(a DEFAULT (date('now')));
INSERT INTO t5 DEFAULT VALUES;
= 1
CREATE TABLE t6(a DEFAULT CURRENT_TIMESTAMP, CHECK(a > CURRENT_DATE));
INSERT INTO t6 DEFAULT VALUES;
= 1
CREATE TABLE t7(a, b AS (CURRENT_TIME));
! SQLITE_ERROR non-deterministic functions prohibited in generated columns
CREATE INDEX i7 ON t4(CURRENT_TIMESTAMP);
! SQLITE_ERROR non-deterministic functions prohibited in index expressions
CREATE TABLE t8(a, b AS (random()));
! SQLITE_ERROR non-deterministic functions prohibited in generated columns
CREATE INDEX i8 ON t4(random());
! SQLITE_ERROR non-deterministic functions prohibited in index expressions
CREATE INDEX i9 ON t4(a) WHERE random();
! SQLITE_ERROR non-deterministic functions prohibited in partial index WHERE clauses
CREATE TABLE t10(a, CHECK(time() > 1));
INSERT INTO t10 VALUES(1);
! SQLITE_ERROR non-deterministic use of time() in a CHECK constraint
CREATE TABLE t11(a, CHECK(datetime(a) > 1), CHECK(unixepoch(a)>1), CHECK(timediff(a,'now')<>'x'));
INSERT INTO t11 VALUES('now');
! SQLITE_ERROR non-deterministic use of datetime() in a CHECK constraint
INSERT INTO t11 VALUES('2020-01-01');
! SQLITE_ERROR non-deterministic use of timediff() in a CHECK constraint
CREATE TABLE t12(a, b AS (julianday()), c AS (timediff('now',a)));
INSERT INTO t12 VALUES(1);
! SQLITE_ERROR non-deterministic use of julianday() in a generated column
SELECT b FROM t12;
SELECT c FROM t12;
SELECT a FROM t12;
CREATE TABLE t13(a PRIMARY KEY, b AS (datetime(a)) UNIQUE) WITHOUT ROWID;
INSERT INTO t13 VALUES('now');
! SQLITE_ERROR non-deterministic use of datetime() in a generated column
INSERT INTO t13 VALUES('2020-01-01');
= 1
PRAGMA integrity_check;
> 'ok'
CREATE TABLE t14(a, b AS (unixepoch('now')));
CREATE INDEX i14 ON t14(b);
INSERT INTO t14 VALUES(1);
! SQLITE_ERROR non-deterministic use of unixepoch() in a generated column
CREATE VIEW v AS SELECT date('now') > '2000' AS x;
SELECT x FROM v;
> 1
CREATE TABLE t15(a, b);
CREATE TRIGGER tr AFTER INSERT ON t15 BEGIN UPDATE t15 SET b = date('now') > '2000'; END;
INSERT INTO t15(a) VALUES(1);
= 1
SELECT * FROM t15;
> 1|1
INSERT INTO t4 VALUES('now');
! SQLITE_ERROR non-deterministic use of strftime() in an index
DELETE FROM t4;
DROP INDEX i2;
CREATE INDEX i2 ON t4(date(a));
INSERT INTO t4 VALUES('2020-01-01') ON CONFLICT DO NOTHING;
! SQLITE_ERROR non-deterministic use of strftime() in an index
CREATE TABLE t16(a, CHECK(changes() > 1));
CREATE TABLE t17(a, CHECK(last_insert_rowid() > 1));
CREATE TABLE t18(a, CHECK(sqlite_version() > 1));
CREATE TABLE t19(a, b AS (sqlite_version()));
! SQLITE_ERROR non-deterministic functions prohibited in generated columns
CREATE TABLE t20(a, b AS (changes()));
! SQLITE_ERROR non-deterministic functions prohibited in generated columns
CREATE INDEX i20 ON t4(changes());
! SQLITE_ERROR non-deterministic functions prohibited in index expressions
CREATE INDEX i21 ON t4(sqlite_version());
! SQLITE_ERROR non-deterministic functions prohibited in index expressions
CREATE INDEX i22 ON t4(total_changes());
! SQLITE_ERROR non-deterministic functions prohibited in index expressions

=== functions that the schema may not call
CREATE TABLE t(a, CHECK(load_extension('x')));
! SQLITE_ERROR unsafe use of load_extension()
INSERT INTO t VALUES(1);
! SQLITE_ERROR no such table: t
CREATE VIEW v AS SELECT load_extension('x');
SELECT * FROM v;
! SQLITE_ERROR unsafe use of load_extension()
CREATE TABLE t2(a);
CREATE TRIGGER tr AFTER INSERT ON t2 BEGIN SELECT load_extension('x'); END;
INSERT INTO t2 VALUES(1);
! SQLITE_ERROR unsafe use of load_extension()
CREATE TABLE t3(a, b AS (load_extension('x')));
! SQLITE_ERROR unsafe use of load_extension()
INSERT INTO t3 VALUES(1);
! SQLITE_ERROR no such table: t3
CREATE TABLE t4(a DEFAULT (load_extension('x')));
INSERT INTO t4 DEFAULT VALUES;
! SQLITE_ERROR unsafe use of load_extension()
CREATE INDEX i ON t2(load_extension(a));
! SQLITE_ERROR unsafe use of load_extension()
CREATE VIEW v4 AS SELECT sqlite_log(1,'a');
SELECT * FROM v4;
> NULL
PRAGMA trusted_schema=0;
SELECT * FROM v4;
> NULL
SELECT * FROM v;
! SQLITE_ERROR unsafe use of load_extension()
SELECT 'a' MATCH 'b';
! SQLITE_ERROR unable to use function MATCH in the requested context
SELECT a MATCH 'b' FROM t2;
SELECT a FROM t2 WHERE a MATCH 'b';
SELECT match('a','b');
! SQLITE_ERROR unable to use function MATCH in the requested context
SELECT 'a' REGEXP 'b';
! SQLITE_ERROR no such function: REGEXP
CREATE TABLE m(a, CHECK(a MATCH 'x'));
! SQLITE_ERROR unsafe use of MATCH()
CREATE VIEW vm AS SELECT a MATCH 'x' FROM t2;
SELECT * FROM vm;
! SQLITE_ERROR unsafe use of MATCH()
INSERT INTO m VALUES(1);
! SQLITE_ERROR no such table: m
CREATE TABLE m2(a, CHECK(a REGEXP 'x'));
! SQLITE_ERROR no such function: REGEXP
SELECT match(1);
! SQLITE_ERROR wrong number of arguments to function match()
SELECT match(1,2,3);
! SQLITE_ERROR wrong number of arguments to function match()
SELECT a FROM t2 GROUP BY a HAVING a MATCH 3;
SELECT 'a' NOT MATCH 'b';
! SQLITE_ERROR unable to use function MATCH in the requested context
