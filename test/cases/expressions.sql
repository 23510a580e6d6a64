-- Expressions: literals, operators, three-valued logic, CASE, CAST.
=== literals
SELECT 1, -1, 1.5, -0.0, 1e3, 0x10, 1_000, 'it''s', x'00ff', NULL, TRUE, FALSE;
> 1|-1|1.5|-0.0|1000.0|16|1000|'it''s'|x'00ff'|NULL|1|0
SELECT 9223372036854775807, -9223372036854775808, 9223372036854775808, 0x7fffffffffffffff, 0xffffffffffffffff;
> 9223372036854775807|-9223372036854775808|9223372036854776000.0|9223372036854775807|-1
SELECT typeof(1), typeof(1.0), typeof('a'), typeof(x''), typeof(NULL), typeof(9223372036854775808);
> 'integer'|'real'|'text'|'blob'|'null'|'real'
SELECT 0x10000000000000000;
! SQLITE_ERROR hex literal too big: 0x10000000000000000

=== arithmetic
SELECT 7/2, -7/2, 7%3, -7%3, 7/0, 7%0, 7.0/2, 7.5%2, 1/0.0;
> 3|-3|1|-1|NULL|NULL|3.5|1.0|NULL
SELECT 9223372036854775807 + 1, -9223372036854775808 - 1, 9223372036854775807 * 2, -(-9223372036854775808);
> 9223372036854776000.0|-9223372036854776000.0|18446744073709552000.0|9223372036854776000.0
SELECT 9007199254740992 + 1, 9007199254740993 - 1, 3037000500 * 3037000500;
> 9007199254740993|9007199254740992|9223372037000250000.0
SELECT 5 & 3, 5 | 3, ~5, 1 << 62, 1 << 63, 1 << 64, -1 >> 1, -1 >> 70, 1 << -1;
> 1|7|-6|4611686018427387904|-9223372036854775808|0|-1|-1|0
SELECT '10' + 5, '10abc' + 5, 'abc' + 5, x'3130' + 1, NULL + 1, '1e2' + 0, ' 12 ' * 1;
> 15|15|5|11|NULL|100.0|12
SELECT 'a' || 1 || 2.0 || NULL, 'a' || 1 || 2.0 || x'62';
> NULL|'a12.0b'

=== three-valued logic
SELECT NULL AND 0, NULL AND 1, NULL OR 0, NULL OR 1, NOT NULL, NOT 0, NOT 2, NOT 'a', NOT '1';
> 0|NULL|NULL|1|NULL|1|0|1|0
SELECT NULL = NULL, NULL IS NULL, NULL IS NOT NULL, 1 IS NULL, NULL <> 1, NULL IS 1, 1 IS NOT 2;
> NULL|1|0|0|NULL|0|1
SELECT 1 IS TRUE, 0 IS FALSE, NULL IS TRUE, 2 IS NOT TRUE, 'abc' IS TRUE, 0.5 IS TRUE;
> 1|1|0|0|0|1
SELECT 1 IN (1,2), 3 IN (1,2), NULL IN (1), 1 IN (NULL), 1 IN (1,NULL), 1 NOT IN (2,NULL), 1 IN (), NULL IN ();
> 1|0|NULL|NULL|1|NULL|0|0
SELECT 2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, NULL BETWEEN 1 AND 2, 2 BETWEEN NULL AND 1;
> 1|0|NULL|0
SELECT 1 IS DISTINCT FROM 1, NULL IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM NULL;
> 0|0|0

=== comparison across classes
SELECT 1 < 'a', 'a' < x'61', NULL < 1, 1 = 1.0, '1' = 1, 9007199254740993 = 9007199254740993.0, 9007199254740992 = 9007199254740992.0;
> 1|1|NULL|1|0|0|1
SELECT 'a' < 'B', 'a' < 'B' COLLATE nocase, 'a ' = 'a', 'a ' = 'a' COLLATE rtrim;
> 0|1|0|1
SELECT 'a' = 'A' COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch

=== case and cast
SELECT CASE 1 WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END, CASE NULL WHEN NULL THEN 1 ELSE 2 END, CASE WHEN 0 THEN 1 END;
> 'one'|2|NULL
SELECT CAST('12abc' AS INTEGER), CAST('1.5e1x' AS REAL), CAST(1.9 AS INTEGER), CAST(-1.9 AS INTEGER), CAST(1e30 AS INTEGER), CAST('abc' AS NUMERIC), CAST('12' AS NUMERIC), CAST('1.0' AS NUMERIC), CAST(x'3132' AS TEXT), CAST(12 AS BLOB), CAST(NULL AS TEXT);
> 12|15.0|1|-1|9223372036854775807|0|12|1|'12'|x'3132'|NULL
SELECT CAST('9223372036854775808' AS INTEGER), CAST('-9223372036854775809' AS INTEGER), CAST(9.5e18 AS INTEGER);
> 9223372036854775807|-9223372036854775808|9223372036854775807

=== like and glob
SELECT 'abc' LIKE 'A%', 'abc' LIKE '_b_', 'abc' LIKE 'a', 'a%c' LIKE 'a\%c' ESCAPE '\', 'abc' LIKE 'a\%c' ESCAPE '\';
> 1|1|0|1|0
SELECT 'abc' GLOB 'a*', 'abc' GLOB 'A*', 'abc' GLOB '[a-c]bc', 'abc' GLOB '[^a]bc', 'a]c' GLOB 'a[]]c', 'abc' NOT LIKE 'b%';
> 1|0|1|0|1|1
SELECT 'abc' LIKE 'abc' ESCAPE 'ab';
! SQLITE_ERROR ESCAPE expression must be a single character
SELECT 'x' REGEXP 'y';
! SQLITE_ERROR no such function: REGEXP

=== row values
SELECT (1,2) = (1,2), (1,2) < (1,3), (1,NULL) = (1,2), (1,NULL) = (2,2), (1,2) IS (1,2), (2,1) > (1,NULL);
> 1|1|NULL|0|1|1
SELECT (1,2) IN (SELECT 1,2), (1,3) IN (SELECT 1,2 UNION SELECT 1,3), (1,2) IN ((1,2),(3,4));
> 1|1|1
SELECT (1,2);
! SQLITE_ERROR row value misused
SELECT (1,2) = 3;
! SQLITE_ERROR row value misused
SELECT 1 = (SELECT 1, 2);
! SQLITE_ERROR row value misused
SELECT (1,2,3) = (1,2);
! SQLITE_ERROR row value misused

=== functions
SELECT abs(-5), abs(-5.5), abs('x'), coalesce(NULL, NULL, 3), ifnull(NULL, 2), nullif(1,1), nullif(1,2), iif(1,'y','n'), iif(0,'y');
> 5|5.5|0.0|3|2|NULL|1|'y'|NULL
SELECT length('abc'), length(x'0102'), length(12345), length(NULL), upper('abcé'), lower('ABC'), trim('  a '), ltrim('xxa','x'), rtrim('axx','x');
> 3|2|5|NULL|'ABCé'|'abc'|'a'|'a'|'a'
SELECT substr('hello',2,3), substr('hello',-3), substr('hello',2), substr('hello',0,2), substr('hello',-2,-2), substr(x'010203',2), replace('aXbX','X','--'), instr('hello','l'), hex('abc'), quote('it''s'), quote(1.5), quote(x'ab');
> 'ell'|'llo'|'ello'|'h'|'el'|x'0203'|'a--b--'|3|'616263'|'''it''''s'''|'1.5'|'X''AB'''
SELECT round(2.5), round(-2.5), round(2.567, 2), round(1e20), sign(-3), sign(0), sign('x'), max(1,2,3), min(1,'a'), max(1,NULL);
> 3.0|-3.0|2.57|100000000000000000000.0|-1|0|NULL|3|1|NULL
SELECT printf('%d|%5d|%-5d|%05d|%x|%c|%s|%10.2f|%e|%g|%%', 42, 42, 42, 42, 255, 'z', 'str', 3.14159, 12345.678, 0.0001);
> '42|   42|42   |00042|ff|z|str|      3.14|1.234568e+04|0.0001|%'
SELECT char(72,105), unicode('A'), zeroblob(3), typeof(random()), typeof(randomblob(2)), likely(1), unlikely(0), likelihood(1, 0.5);
> 'Hi'|65|x'000000'|'integer'|'blob'|1|0|1
SELECT nosuch(1);
! SQLITE_ERROR no such function: nosuch
SELECT abs();
! SQLITE_ERROR wrong number of arguments to function abs()
SELECT abs(1,2);
! SQLITE_ERROR wrong number of arguments to function abs()
SELECT abs(-9223372036854775808);
! SQLITE_ERROR integer overflow
SELECT total_changes() >= 0, changes() >= 0, last_insert_rowid() >= 0;
> 1|1|1
