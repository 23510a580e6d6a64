/** Queries against the oracle: rows and their order, result columns, errors, plans. */
import { describe, expect, it } from 'vitest';
import { compareQueries } from './query.test-helper.ts';

const tables = `
    create table t(a,b,c)
    create table u(x integer primary key, y text collate nocase, z real)
    create table w(k text primary key, v int, n real default 1.5) without rowid
    create index ta on t(a)
    create index uy on u(y)
    insert into t values(1,1,1),(1,2,2),(2,1,1),(2,0,0),(3,null,5),(null,7,7),('x','y','z'),(2.5,1e3,x'01')
    insert into u values(1,'One',1.5),(2,'two',2),(3,'THREE',3.25),(4,null,null),(10,'one',0)
    insert into w values('b',1,2),('a',2,3.5),('c',3,null)
`;

function same(script: string): void {
  const { expected, actual } = compareQueries(script);
  expect(actual).toEqual(expected);
}

describe('queries', () => {
  it('rows, ORDER BY, LIMIT, DISTINCT, joins', () => {
    same(`${tables}
    select * from t
    select a,b+1,c||'x' from t where a>1
    select * from u
    select a,b from t order by a,b
    select a,b from t order by b desc, a
    select b,c from t order by c limit 3
    select b,c from t order by c limit 3 offset 2
    select b,c from t order by c desc limit 2 offset 1
    select a,b from t order by a,b limit 2
    select a,b from t order by a,b limit 3 offset 2
    select a,b,c from t order by b nulls last
    select a,b,c from t order by b desc nulls first, c
    select distinct b from t
    select distinct b,c from t order by c
    select distinct a from t
    select distinct a from t order by a
    select distinct a,b from t order by a,b
    select distinct y from u
    select distinct b from t limit 2
    select distinct b from t limit 2 offset 1
    select a from t limit 'x'
    select a from t limit 1.0
    select a from t limit 1.5
    select a from t limit null
    select * from t where (a,b) = (1,2)
    select (a,b)<(c,a),(a,b)<=(c,a),(a,b)>(c,a),(a,b)>=(c,a),(a,b)=(c,a),(a,b)<>(c,a),(a,b) is (c,a),(a,b) is not (c,a) from t
    select (a,b) between (1,1) and (2,2) from t
    select a between b and c, a not between 1 and 2 from t
    select case a when 1 then 'one' when 2 then 'two' else 'many' end from t
    select case when a>1 then 'big' when a is null then 'null' end from t
    select a is true, a is not true, a is false, a is not false, not a from t
    select a and b, a or b, a and null, a or null from t
    select a is b, a is not b, a is null, a notnull from t
    select cast(a as text), cast(b as integer), cast(c as blob), cast(a as real) from t
    select typeof(a), length(b), typeof(z) from t, u limit 5
    select coalesce(a,b,c), ifnull(a,'q'), iif(a,b,c), nullif(a,b), likely(a), unlikely(b) from t
    select y like 'o%', y glob 'O*', y = 'ONE', y > 'p', y collate binary = 'ONE' from u
    select 1+2*3-4/2%3, 7/2, 7.0/2, 7%0, 1<<3, 255>>2, 5&3, 5|3, ~5, -a, +a from t
    select * from t order by 1 desc, 2
    select a as q from t order by q
    select a+1 as q from t where q>2
    select * from t a, t b where a.a=b.b
    select * from t left join u on t.a=u.x
    select * from t left join u on t.a=u.x where u.x is null
    select * from t natural join t t2
    select t.a,u.y from t join u on u.x=t.a order by u.y
    select a,b from t order by a,b
    select a,b from t order by a,b limit 4
    select a,b,c from t order by a desc,b desc limit 4 offset 1
    select a is true, a is not true, a is false, a is not false, not a from t
    select * from (values(1),(2)) v
    select * from t, (values(1),(2)) v
    select * from (values(1),(2)) v, (values(3),(4)) w
    select * from w
    select * from w where k='a'
    select v,n from w order by n
    select * from w join t on t.a=w.v
    select * from t where rowid=2
    select x from u where x between 2 and 4
    select * from u where y='ONE'
    select * from u where y > 'one' order by y
    select * from u where y is null
    select * from t limit 2 offset -1
    select * from t limit -1 offset 6
    select a from t where b = any(1)
    select t.* , u.y from t, u where t.a=u.x and u.z>1
    select * from t full join u on t.a=u.x
    select * from t right join u on t.a=u.x
    select * from t join u using (a)
    select a, b from t order by a collate nocase desc
    select a from t order by 3
    select distinct a,b from t order by a desc, b desc
    `);
  });

  it('expressions without a table', () => {
    same(`${tables}
    select 1
    select 1 where 0
    select 1 where null
    select 1,2,'x',x'00ff',1.5,null
    select 1 limit 0
    select 1 limit 1 offset 1
    select -1 limit -1
    select abs(-5), round(2.567,2), upper('abc'), substr('hello',2,3)
    select 'a'||1||null, 'a'||2.5
    select 1 order by 1
    select json(1)
    select changes(), total_changes(), last_insert_rowid()
    `);
  });

  it('IN and subqueries', () => {
    same(`${tables}
    select a from t limit (select 2)
    select (select 1),(select a from t), exists(select 1 from t where t.a=u.x) from u
    select * from t where a in (select x from u) and b in (select y from u where z>1)
    select * from t where a in (1,2)
    select * from t where a in (1,2,3,'x')
    select * from t where a not in (1,2,3,'x')
    select * from t where a not in (1,null)
    select a in (1,2,3,4), a in (1,null), a in (), a not in (), b in (1,2,null,4) from t
    select a in (select x from u), b in (select y from u), c in (select z from u) from t
    select (a,b) in (select x,z from u), (a,b) not in (select b,c from t) from t
    select a in (b,c) from t
    select a in (b,c,1) from t
    select (a,b) = (select b,c from t limit 1) from t
    select (select b from t where t.a=u.x order by b desc limit 1 offset 1) from u
    select x from u where exists(select 1 from t where t.a=u.x and b>1)
    select x from u where not exists(select 1 from t where t.a=u.x)
    select x from u where x in (select a from t where t.b<u.x+1)
    select (select a,b from t limit 1) = (1,1)
    select k from w where v in (1,3)
    select rowid,a from t where rowid in (1,3,5)
    select * from u where y in ('ONE','TWO')
    select * from (select * from t limit 2) order by a desc
    select * from (select a from t order by b limit 3) x join u on u.x=x.a
    ~select a, b from t where (a, b) in (values (1,1),(2,0))
    `);
  });

  it('aggregates and GROUP BY', () => {
    same(`${tables}
    select a,count(*),max(b) from t group by a
    select b,count(*),max(c),min(c),sum(c),avg(c),total(c) from t group by b
    select a,count(*),max(b) from t group by c having count(*)>1
    select count(*) from t
    select count(*) from t where a>1
    select count(*), count(b), count(distinct b) from t
    select min(a),max(a) from t
    select min(a) from t
    select max(a) from t
    select min(b) from t
    select max(b),c from t
    select min(c),b from t
    select sum(c),b from t
    select b,c from t group by c
    select c,b from t group by c%2
    select a,b,max(b) from t
    select a, group_concat(b) from t group by a order by a desc
    select group_concat(b order by c desc) from t
    select group_concat(distinct b) from t
    select sum(b) filter (where c>1) from t
    select a,sum(b) filter (where c>1) from t group by a
    select y,count(*) from u group by y
    select y,count(*) from u group by y order by count(*), y
    select count(distinct y) from u
    select max(a,b,c), min(a,b) from t
    select a+1 as q, count(*) from t group by q
    select * from (select a,count(*) from t group by a) x, u where x.a=u.x
    select * from (select a,count(*) n from t group by a) x, (select c,count(*) m from t group by c) y where x.a=y.c
    select * from u left join (select c,count(*) from t group by c) y on y.c=u.x
    select (select max(b) from t where t.a=u.x) from u
    select x,(select count(*) from t where a<=x) from u order by 2 desc
    select a from t group by a having count(*)>1
    select count(*) from (select distinct a from t)
    select sum(q) from (select a*2 as q from t where a<3)
    select a, (select sum(t2.b) from t t2 where t2.a=t1.a) from t t1 group by a
    select (select sum(t.b) from u) from t
    select (select sum(t.b)+u.x from u limit 1) from t
    select a,sum(b)+count(*),max(b)-min(b) from t group by a order by sum(b)
    select distinct count(*) from t group by a
    select distinct a%2 q, count(*) from t group by a order by q
    select max(b) from t where a>100
    select a,max(b) from t where a>100
    select count(*),a from t where a>100
    select a from t where a>100 group by a
    select count(*) from w
    select min(k),max(v) from w
    select max(x),y from u
    select group_concat(y,'-') from u
    select group_concat(y,'-' order by x desc) from u
    select count(distinct a), sum(distinct b) from t
    select a, count(distinct b) from t group by a
    select a, count(distinct b), group_concat(distinct c) from t group by b
    select total(a), avg(b) from t where 0
    select * from t where a = (select max(a) from u)
    select * from t where a in (select a from t group by a having count(*)=2)
    select case when (select count(*) from t)>2 then 'y' else 'n' end
    select a from t order by (select count(*) from u where x<t.b), a
    select group_concat(a) from (select a from t order by a desc)
    select count(*) filter (where a>1) from t
    select (select y from u where x=t.a), count(*) from t group by 1
    select a,b from t group by a,b order by b,a
    select a,b from t group by a,b order by a desc,b desc
    select a,b from t group by b,a order by a,b
    `);
  });

  it('compound queries, VALUES, common table expressions', () => {
    same(`${tables}
    select * from u cross join (select 1 as k union all select 2) v
    select a from t union select x from u
    select a from t union all select x from u
    select a from t union all select x from u union all select 5
    select a from t except select x from u
    select a from t intersect select x from u
    select a from t intersect select x from u order by 1 desc limit 2
    select a,b from t union select x,y from u limit 3 offset 1
    select a from t union select x from u union all select 3
    select a from t union all select x from u union select 3
    select a from t union all select x from u order by 1
    select a from t union all select x from u order by 1 limit 3
    select a from t union all select x from u order by 1 limit 3 offset 2
    select a from t union all select x from u limit 3
    select a from t union all select x from u limit 10 offset 6
    select a from t union all select x from u union all select b from t limit 3 offset 12
    select y from u union select 'ONE'
    select 'ONE' union select y from u
    select y from u except select 'ONE'
    select a,b from t union select b,a from t order by 2,1
    select a as q from t union select x from u order by q
    select 1 union select 2 union select 3 union select 4 union select 5
    select 1 union all select 2 union all select 3 union all select 4 order by 1
    select 1 except select 1
    select 3 intersect select 3 union select 1
    values(1),(2),(3)
    values(1,'a'),(2,'b')
    select 1 union all values (2),(3)
    values(1),(2) union select 3
    with recursive c(n) as (select 1 union all select n+1 from c where n<5) select * from c
    with recursive c(n) as (select 1 union select (n+1)%4 from c) select * from c
    with recursive c(n,m) as (select 1,'a' union all select n+1,m||'x' from c limit 4) select * from c
    with recursive c(n,m) as (select 1,10 union all select n+1,m-1 from c where n<6 order by 2) select * from c
    with recursive c(n) as (values(1),(10) union all select n*2 from c where n<30 order by 1 desc) select * from c
    with recursive c(n) as (select 1 union all select n+1 from c where n<3 union all select n+10 from c where n<3) select * from c
    with m as materialized (select a from t) select * from m m1, m m2 where m1.a=m2.a
    with m as (select a from t where a>1) select * from m
    with m as (select count(*) n from t) select * from m a, m b
    with m as not materialized (select a from t) select * from m m1, m m2 where m1.a=m2.a
    with recursive x(i) as (values(1) union all select i+1 from x where i<3), y(j) as (select i*10 from x) select * from x,y
    select 1,2 union select 3
    select a from t union select x from u order by 2
    `);
  });

  it('views, generated columns, expression indexes, DML with queries', () => {
    same(`
    create table t(a,b,c)
    create table u(x integer primary key, y text collate nocase, z real)
    create table p(id integer primary key, name text not null, v int)
    create table g(a int, b int as (a*2), c int as (a+1) stored, d text default 'dd')
    create unique index pn on p(name)
    create index ga on g(a)
    create index te on t(a+b)
    create view vw as select a, b+1 as bb, c from t where a is not null
    create view va as select a, count(*) n, sum(b) s from t group by a
    insert into t values(1,1,1),(1,2,2),(2,1,1),(2,0,0),(3,null,5),(null,7,7),('x','y','z'),(2.5,1e3,x'01')
    insert into u values(1,'One',1.5),(2,'two',2),(3,'THREE',3.25),(4,null,null),(10,'one',0)
    insert into p values(1,'ann',10),(2,'bob',20),(3,'cid',30)
    insert into g(a) values(1),(2),(3)
    select * from vw
    select * from vw where bb>2
    select * from vw v1 join vw v2 on v1.a=v2.bb
    select * from va
    select * from va where n>1
    select * from va x join va y on x.a=y.a
    select max(s) from va
    select * from g
    select b,c from g where b>2
    select * from g where c=3
    select sum(b),max(c) from g
    select b, count(*) from g group by b
    select a+b, count(*) from t group by a+b
    ~select a+b from t where a+b=3
    ~select a+b from t order by a+b
    ~select max(a+b) from t
    select (select vw.bb from vw where vw.a=u.x limit 1) from u
    select count(*) from vw
    select 1 in (select a from vw)
    select x, (select group_concat(b) from t where a=x) from u where x in (select a from t)
    select * from (select a, b from t union all select x, y from u) where a=1
    select * from (select a from t union select x from u) where a>1
    select a, (select count(*) from u where u.x<=t.a) k from t group by a having k>0
    select t.a, count(u.x) from t left join u on u.x=t.a group by t.a
    select t.a, u.y from t left join u on u.x=t.a and u.z>1.6 where t.b is not null
    select * from u left join (select a, sum(b) s from t group by a) q on q.a=u.x order by x
    select * from u left join g on g.b=u.x
    select u.x, g.b, g.d from u left join g on g.a=u.x
    select count(*), a from t where b>0 group by a order by 1 desc, 2 limit 2 offset 1
    select distinct a from t union all select 5 limit 3
    select name from p where id in (3,1,2) order by id desc
    select name from p where name between 'b' and 'd'
    select name, v from p where (name, v) > ('ann', 10)
    ~select name from p where (id, v) in ((1,10),(2,99))
    select * from p where id = '2'
    select * from p where id = 2.0
    select * from p where name like 'b%'
    select * from p where name glob '[a-b]*'
    select typeof(z), z from u
    select z from u where z=2
    select sum(z), typeof(sum(z)) from u
    select max(y), min(y) from u
    select y, count(*) from u group by y having max(z)>1
    select group_concat(distinct y) from u
    select avg(x) filter (where y is not null), count(*) filter (where y like 'o%') from u
    select a, b from t where a is b
    select a is not distinct from b from t
    select 5 between 1 and 10, 'b' between 'a' and 'c', null between 1 and 2, 5 not between 6 and 7
    select 1 = 1.0, '1' = 1, 1 = '1', 'a' = 'A', 'a' = 'A' collate nocase, x'61' = 'a'
    select a = '1' from t
    select x = '1', y = 'ONE', z = '2' from u
    select cast('12abc' as integer), cast(12.9 as integer), cast('1e3' as numeric), cast(x'31' as text), cast(1 as blob)
    select -(-9223372036854775807-1), 9223372036854775807+1, 9223372036854775807*2, -9223372036854775808
    select 1/0, 1%0, 1.0/0, 5%-3, -5%3, 5.5%2
    select null and 0, null or 1, not null, null is null, null = null, null <> 1
    select iif(null,1,2), coalesce(null,null,3), ifnull(null,4), nullif(1,1), nullif(1,2)
    select case null when null then 1 else 2 end, case 1 when 1.0 then 'eq' end
    select case when 1 then 2 end + case when 0 then 2 else 5 end
    select x'414243', hex('abc'), quote('it''s'), typeof(x'00'), length('héllo'), length(x'0011')
    select substr('hello',-3), instr('hello','l'), replace('aaa','a','b'), trim('  x '), upper('é')
    select printf('%d-%s-%5.2f', 5, 'x', 3.14159)
    select round(2.5), round(-2.5), abs(-3), max(1,2,3), min('a','b')
    select random() is not null, length(randomblob(4))
    select r=r from (select random() r)
    select r1=r1 from (select random() r1 from t)
    select a from t order by random() limit 0
    select count(*) from t, u, p
    select * from t where 0
    select * from t where 'x'
    select * from t where '1x'
    select * from t where a and b
    select * from t where not (a=1 or b=1)
    select * from t where a=1 or b=7 or c='z'
    select * from t where (a=1 and b=2) or (a=2 and b=0)
    select * from t where a in (1,2) and (b=1 or b is null)
    select exists(select 1), exists(select 1 where 0), not exists(select 1 from t where a=99)
    select (select 1 union select 2), (select a from t where 0), (select max(a) from t where 0)
    select (select x from u order by x desc), (select count(*) from u where x>t.a) from t
    select * from (select 1 a, 2 b) natural join (select 1 a, 3 c)
    select * from (select 1 a, 2 b) join (select 1 a, 3 c) using(a)
    select * from p a left join p b on a.id=b.id+1 left join p c on b.id=c.id+1
    select * from p a left join (p b join p c on b.id=c.id) on a.id=b.id+1
    select a.id, b.id from p a full join p b on a.id=b.id+1 order by 1,2
    select a.id, b.id from p a right join p b on a.id=b.id+1
    with a as (select 1 x), b as (select x+1 y from a) select * from a,b
    with recursive f(a,b) as (select 0,1 union all select b,a+b from f where b<100) select group_concat(a) from f
    with recursive tree(id,lvl) as (select 1,0 union all select p.id, lvl+1 from p join tree on p.id=tree.id+1) select * from tree
    with recursive d(n) as (select 1 union all select n+1 from d limit 3 offset 1) select n from d
    with c as (select * from p) select * from c where id=(select max(id) from c)
    select * from p where exists (with q as (select 1 z) select * from q where z=p.id)
    insert into p select x+10, y, z from u where y is not null
    insert into p values(4,'dan',40) returning id, name||'!' as n
    update p set v=v+1 where id in (select a from t) returning *
    update p set (name,v)=(select y||'2',z from u where u.x=p.id) where id=2
    delete from p where id>10 returning id
    select * from p
    select total_changes()>0
    create table q as select a, b+1 as bb, count(*) n from t group by a
    select * from q
    select sql from sqlite_schema where name='q'
    select name, type from sqlite_schema order by name
    select count(*) from sqlite_schema
    select rowid, * from t where rowid>5
    select max(rowid) from t
    select oid, _rowid_ from u where oid<3
    select t.rowid, u.rowid from t join u on t.rowid=u.rowid
    select a from t limit 2+1
    select a from t limit (select count(*) from u) offset 1+1
    select a from t where a like '1'
    select a as "x y", b [z w] from t limit 1
    select t.*, 1 from t limit 1
    select a a, a a from t limit 1
    select 1 as a union select 2 as b
    select nosuch from t
    select * from nosuch
    select nosuch(1)
    select count(*, 1) from t
    select sum() from t
    select a from t where sum(b)>1
    select max(a, max(b)) from t
    select a from t group by sum(a)
    select * from t where a = (select 1,2)
    select (1,2)
    select 1 where (1,2)
    select (1,2) = (1,2,3)
    select 1 in (select 1,2)
    select a from t union select a,b from t
    select * from t join u on x
    select t.x from t
    select a from t t1, t t2
    select rowid from (select 1)
    select * from t order by 9
    select abs('x',1)
    select abs(-9223372036854775808)
    select case when 0 then abs(-9223372036854775808) else 1 end
    select sum(9223372036854775807) from u
    select like('a','b','cc')
    select 'a' like 'b' escape 'cc'
    select printf()
    select substr('x')
    select raise(abort,'x')
    `);
  });
});
