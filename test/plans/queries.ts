/**
 * Schemas and queries for rewriting.test.ts: one query a line. Chosen so that each rewriting (flattening,
 * push-down, constant propagation, outer joins made inner, EXISTS joined, HAVING moved), each access path
 * and each way to tie occurs, alone and together.
 */

export interface PlanCase {
  readonly name: string;
  readonly setup: string;
  readonly queries: string;
}

export const cases: readonly PlanCase[] = [
  {
    name: 'mixed schema',
    setup: `
create table t1(a integer primary key, b int, c text, d);
create index t1b on t1(b);
create index t1cd on t1(c,d);
create table t2(x, y int, z text collate nocase);
create index t2x on t2(x);
create unique index t2yz on t2(y,z);
create index t2z on t2(z);
create table t3(p int not null, q int, r, primary key(p,q)) without rowid;
create index t3q on t3(q);
create table t4(u, v, w);
insert into t1 select value, value%7, 'c'||(value%5), value%3 from (with recursive n(value) as (select 1 union all select value+1 from n where value<50) select value from n);
insert into t2 select value%11, value, 'Z'||value from (with recursive n(value) as (select 1 union all select value+1 from n where value<40) select value from n);
insert into t3 select value%4, value, value*2 from (with recursive n(value) as (select 1 union all select value+1 from n where value<30) select value from n);
insert into t4 select value%5, value%3, value from (with recursive n(value) as (select 1 union all select value+1 from n where value<20) select value from n);
`,
    queries: `
select * from t1
select * from t1 where a=5
select * from t1 where a in (3,5,7)
select * from t1 where a>5 and a<=9
select * from t1 where a>45 order by a desc
select * from t1 where b=3
select a from t1 where b=3
select b from t1
select count(*) from t1
select a,b from t1 where b>2 and b<5
select * from t1 where b in (1,2,3)
select * from t1 where c='c1' and d=2
select * from t1 where c='c1' and d>1
select * from t1 where c='c1' and d in (1,2)
select * from t1 where c in ('c1','c2') and d>0
select d from t1 where c>'c2'
select * from t1 where d=2
select * from t1 where b=3 or c='c2'
select * from t1 where b=3 or b=4
select * from t1 where a=3 or b=4
select * from t1 where (b=3 and d=1) or (c='c1' and d=2)
select * from t1 where b between 2 and 3
select * from t1 where b is null
select * from t1 where b is not null
select * from t1 where b is 3
select * from t1 order by b
select * from t1 order by b desc
select * from t1 order by c,d
select * from t1 order by c desc,d desc
select * from t1 order by c,d desc
select * from t1 order by a
select * from t1 order by a desc
select * from t1 where b=3 order by a
select * from t1 where b=3 order by a desc
select * from t1 where c='c1' order by d
select b from t1 order by b desc limit 3
select * from t1 order by d limit 3
select distinct b from t1
select distinct c,d from t1
select distinct d from t1
select distinct a from t1
select b,count(*) from t1 group by b
select d,count(*) from t1 group by d
select c,d,count(*) from t1 group by c,d
select c,d,count(*) from t1 group by d,c
select b,count(*) from t1 group by b order by b desc
select max(b) from t1
select min(b) from t1
select min(a), max(a) from t1
select max(d) from t1 where c='c1'
select * from t1,t2 where t1.a=t2.x
select * from t1,t2 where t1.b=t2.x
select * from t1,t2 where t1.b=t2.y
select * from t1 join t2 on t1.b=t2.y where t2.z='z3'
select * from t1 left join t2 on t1.b=t2.y
select * from t1 left join t2 on t1.b=t2.y where t2.x is null
select * from t1 left join t4 on t1.b=t4.u
select * from t1, t4 where t1.d=t4.u and t4.v=1
select * from t4 a, t4 b where a.u=b.v
select * from t4 a, t4 b, t1 where a.u=b.v and b.w=t1.a
select * from t2 where z='z3'
select * from t2 where z='z3' collate binary
select * from t2 where z like 'z1%'
select * from t1 where c like 'c1%'
select * from t1 where c glob 'c1*'
select * from t3 where p=1
select * from t3 where p=1 and q>10
select * from t3 where q=5
select q from t3 where q>5
select p,q from t3 order by q
select * from t3 where p=1 and q=5
select * from t1 where (c,d)>('c1',1)
select * from t1 where (c,d)=('c1',1)
select * from t3 where (p,q) in (select x,y from t2)
select * from t1 where b in (select x from t2)
select * from t1 where b in (select y from t2 where x=3)
select * from t1 where exists (select 1 from t2 where t2.y=t1.b)
select * from t1 where b=(select max(y) from t2)
select * from t1 cross join t4 where t4.u=t1.a
select * from t4 cross join t1 where t4.u=t1.a
select * from t1 indexed by t1b where b>2 order by d
select * from t1 not indexed where b=2
select * from t1 indexed by t1b where c='c1'
select * from t1 where +b=2
select * from t1 where b+0=2
select * from t1 where b=2 and c='c2' and a>3
select * from (select b, c from t1) where b=2
select * from (select b, count(*) n from t1 group by b) where n>2
select * from t1 a, t1 b where a.a=b.b order by a.a
select * from t1 a, t1 b where a.a=b.b order by b.b
select * from t1 where a<10 and b=1 order by c
select * from t2 where x=3 and y>4
select t1.a, t2.y from t1 inner join t2 on t1.a=t2.y order by t1.a limit 2
select * from t1 where b=1 union select * from t1 where b=2
select * from t1 where unlikely(b=1) and c='c1'
select * from t1 where likelihood(b=1,0.9) and c='c1'
select * from t1 order by b nulls last
select * from t1 order by b desc nulls first
select * from t1 where rowid=4
select * from t1,t2,t3 where t1.a=t2.x and t2.y=t3.q
select * from t1 right join t4 on t1.a=t4.w
select * from t1 full join t4 on t1.a=t4.w+10
select t1.a from t1 left join t2 on t2.y=t1.b and t2.z='z1'
select t1.a from t1 left join t3 on t3.p=t1.b and t3.q=4
`,
  },
  {
    name: 'tables without indexes',
    setup: `
create table a(x,y); create table b(x,y); create table c(x,y); create table d(x integer primary key,y);
insert into a values(1,2),(2,3),(3,4),(null,1),(1,5); insert into b values(1,7),(2,8),(2,9),(4,null); insert into c values(7,1),(8,2),(9,3),(9,4); insert into d values(1,'p'),(2,'q'),(3,'r');
`,
    queries: `
select * from a,b
select * from a,b,c
select * from a,b where a.x=b.x
select * from a,b,c where a.x=b.x and b.y=c.x
select * from a,b,c where a.x=b.x and b.y=c.x and a.y=3
select * from a left join b on a.x=b.x
select * from a left join b on a.x=b.x where b.y>7
select * from a left join b on a.x=b.x left join c on c.x=b.y
select * from a left join b on a.x=b.x and a.y=2
select * from a left join b on a.x=b.x and b.y=8
select a.* from a left join d on a.x=d.x
select distinct a.x from a left join b on a.x=b.x
select * from a join d on a.x=d.x
select * from d join a on a.x=d.x
select * from a, d where a.x=d.x and d.y='q'
select * from d where x in (select x from a)
select * from d where x in (select x from a where y>2)
select * from d where x not in (select x from b)
select * from a natural join b
select * from a join b using(x)
select * from a left join b using(x)
select * from a right join b on a.x=b.x
select * from a full join b on a.x=b.x
select * from a full join b using(x)
select * from a right join d on a.x=d.x where d.y>'p'
select * from a right join b on a.x=b.x limit 2
select * from a cross join b on a.x=b.x
select * from b cross join a on a.x=b.x
select count(*) from a,b where a.x<b.x
select * from a order by x
select * from a order by x desc, y
select * from a,b order by a.x,b.x
select x, count(*) from a group by x
select * from a where x=1 or y=4
select * from d where x=1 or x=3
select * from d where x=1 or y='q'
select * from d where x>1 and x>2
select * from d where x between 1 and 2 order by x desc
select * from d where x=1.0
select * from d where x='2'
select * from d where x='abc'
select * from d where x is null
select * from d where x > 1.5
select * from d where x < 2.5
select * from d where x >= '2'
select * from d where rowid in (3,1,2) order by rowid
select * from d where rowid in (3,1,2) order by rowid desc
select (select y from d where d.x=a.x) from a
select (select max(y) from b where b.x=a.x) from a
select * from a where exists(select 1 from b where b.x=a.x)
select * from a where not exists(select 1 from b where b.x=a.x)
select * from a where x=(select max(x) from b)
select * from a, (select x, count(*) n from b group by x) s where s.x=a.x
select * from (select x, count(*) n from b group by x) s, a where s.x=a.x
select * from a left join (select x, count(*) n from b group by x) s on s.x=a.x
with s as (select x, count(*) n from b group by x) select * from s s1, s s2 where s1.x=s2.x
with s as materialized (select x from b) select * from s where x=2
with s as not materialized (select x from b) select * from s where x=2
with recursive r(n) as (select 1 union all select n+1 from r where n<5) select * from r
with recursive r(n) as (select 1 union all select n+1 from r where n<5) select * from r, a where r.n=a.x
select * from a where x in (1,2) and y in (2,3)
select * from a,b,c,d where a.x=b.x and c.x=b.y and d.x=c.y
select * from a,b where a.x=b.x order by a.y limit 1
values(1),(2),(3)
select * from (values(1),(2),(3)) v
select * from a where x in (values(1),(2))
select 1 where 0
select * from a where 0
select * from a where 1
select * from a where 1=2 and x=1
`,
  },
  {
    name: 'unique and composite indexes',
    setup: `
create table u(a int unique, b text not null unique, c, d);
create table v(a int primary key, b int references u(a), c);
create table w(id integer primary key, a, b, c);
create index wa on w(a); create index wab on w(a,b); create index wabc on w(a,b,c); create index wdesc on w(a desc, b asc);
insert into u values(1,'a',1,1),(2,'b',2,2),(3,'c',3,3),(null,'d',4,4);
insert into v values(10,1,'x'),(20,2,'y'),(30,null,'z');
insert into w select value, value%3, value%4, value%5 from (with recursive n(value) as (select 1 union all select value+1 from n where value<25) select value from n);
`,
    queries: `
select * from u where a=1
select * from u where a is null
select * from u where b='c'
select * from u where b is 'c'
select a from u where a=2
select * from u where a=1 or b='c'
select * from u where a in (1,2)
select * from u join v on u.a=v.b
select * from v left join u on u.a=v.b
select v.a from v left join u on u.a=v.b
select v.a from v left join u on u.a=v.b where u.b='a'
select * from w where a=1
select * from w where a=1 and b=2
select * from w where a=1 and b=2 and c=3
select * from w where a=1 and b>2
select * from w where a=1 order by b
select * from w where a=1 order by b desc
select * from w where a=1 order by c
select * from w where a=1 and b=2 order by c
select * from w where a=1 and b=2 order by id
select * from w order by a
select * from w order by a,b
select * from w order by a desc,b
select * from w order by a desc, b desc
select * from w order by a desc,b asc, c
select * from w order by a,b,c,id
select * from w where a>1 order by a
select * from w where a>1 order by b
select * from w where a in (1,2) order by a
select * from w where a in (1,2) order by a,b
select * from w where a in (1,2) and b in (1,2)
select a,b from w where c=2
select distinct a from w
select distinct a,b from w
select distinct b,a from w
select a, max(b) from w group by a
select a, b, max(c) from w group by a, b
select b, a, max(c) from w group by b, a
select max(a) from w
select min(a) from w
select max(b) from w where a=1
select min(b) from w where a=1
select count(*) from w
select count(*) from w where a=1
select count(*) from w where a=1 and b=2
select id from w where b=2
select a from w where b=2
select * from w where a=1 and id>5
select * from w where a=1 and b=1 and id>5
select * from w where a is null
select * from w where a is not null
select * from w where a is not null and b=1
select * from w where a between 0 and 1
select * from w where a between 0 and 1 and b=2
select * from w w1, w w2 where w1.a=w2.b
select * from w w1, w w2 where w1.a=w2.b and w1.b=w2.c
select * from w w1, w w2 where w1.id=w2.a and w2.b=2
select * from w w1, u where w1.a=u.a and u.b='c'
select * from w order by b limit 2
select * from w order by a limit 2
select * from w where c=2 order by a limit 2
select * from w where c=2 order by a,b limit 2
select a,count(*) from w group by a order by 2
select a,b,count(*) from w group by a,b order by b,a
select a,b,count(*) from w group by b,a order by a desc,b desc
select * from w where a=1 union all select * from w where b=1 order by 1
select * from w where id in (select a from v)
select * from w where id=(select max(a) from u)
select * from w where (a,b)=(1,2)
select * from w where (a,b)>(1,2)
select * from w where (a,b)>=(1,2) and (a,b)<(2,1)
select * from w where (a,b) in ((1,2),(2,3))
select * from w where (a,b) in (select a,c from u)
select * from w where a=1 and (b,c)>(1,2)
select * from w where a=1 and b like 'x%'
select * from w where abs(a)=1
select * from w where a=1 and abs(b)=1
select * from w where likely(a=1) and b=2
select * from w where unlikely(a=1) and c=2
select * from w where a=1 collate nocase
select * from w where 1=a
select * from w where 1<a and 2>b
select * from w where a=b
select * from w where a=b and b=1
select * from w where a=c and c=2 and b=1
`,
  },
  {
    name: 'views and subqueries',
    setup: `
create table t(a integer primary key,b,c); create index tb on t(b); create table s(x,y); create index sx on s(x);
create view v1 as select a,b+1 as b1,c from t;
create view v2 as select b,count(*) as n,max(c) as m from t group by b;
create view v3 as select a,b from t union all select x,y from s;
create view v4 as select a,b from t union select x,y from s;
create view v5 as select distinct b from t;
create view v6 as select * from t order by b limit 5;
create view v7 as select * from t order by c;
create view v8 as select t.a,t.b,s.y from t join s on t.b=s.x;
create view v9 as select t.a,t.b,s.y from t left join s on t.b=s.x;
insert into t select value, value%5, value%7 from (with recursive n(value) as (select 1 union all select value+1 from n where value<30) select value from n);
insert into s select value%6, value from (with recursive n(value) as (select 1 union all select value+1 from n where value<20) select value from n);
`,
    queries: `
select * from v1 where a=3
select * from v1 where b1=3
select * from v1 order by a
select * from v1 order by b1
select * from v2 where b=2
select * from v2 where n>5
select * from v2 join s on s.x=v2.b
select * from v2,s where s.x=v2.b
select * from s left join v2 on s.x=v2.b
select * from v3 where a=3
select * from v3 where b=3
select * from v3 order by a
select * from v3 order by b limit 3
select count(*) from v3
select * from v3, s where v3.a=s.x
select a from v3 order by 1
select * from v4 where a=3
select * from v4 order by a
select * from v4 where b>3
select * from v5 where b=2
select * from v5
select * from v6 where a>3
select * from v6
select * from v6 order by a
select count(*) from v6
select * from v7
select * from v7 where b=1
select * from v7 order by a
select * from v7, s where s.x=v7.a
select count(*) from v7
select * from v8 where a=3
select * from v8 where y=3
select * from v9 where a=3
select * from v9 where y=3
select a,b from v9
select v1.a, s.y from s left join v1 on v1.a=s.x
select v1.b1, s.y from s left join v1 on v1.a=s.x
select v1.b1, s.y from s left join v1 on v1.a=s.x where v1.b1 is null
select * from s left join (select a, 1 as one from t where c=3) q on q.a=s.x
select * from s left join (select a, b from t where c=3) q on q.a=s.x
select * from s left join (select a, cast(b as text) bt from t where c=3) q on q.a=s.x
select * from (select * from t where b=1) where c=2
select * from (select * from t where b=1) x, (select * from s where y>3) z where x.a=z.x
select * from (select * from t limit 5) where b=1
select * from (select * from t) limit 5
select * from (select * from t order by c) limit 5
select * from (select a,b from t order by c) where b=1
select * from (select b from t) group by b
select b,count(*) from (select b,c from t where c>2) group by b
select * from (select b,c from t where c>2 order by c) group by b
select distinct b from (select b,c from t)
select * from (select distinct b,c from t) where b=1
select * from (select b,c from t where b=1 union all select x,y from s where x=2) where c>3
select * from (select b,c from t where b=1 union all select x,y from s where x=2) order by c
select * from (select b,c from t union all select x,y from s) as u, t where u.b=t.a
select * from t where a in (select x from s)
select * from t where b in (select x from s where y=t.a)
select * from t where a in (select b from v2)
select * from t where a=(select min(x) from s)
select (select count(*) from s where s.x=t.b) from t
select (select y from s where s.x=t.b limit 1) from t where a<4
select * from t, (select 5 as k) q where t.a=q.k
select * from (select 5 as k) q, t where t.a=q.k
select * from (select a as k from t where a=5) q, t where t.a=q.k
select q.k from (select a as k,b from t) q where q.b=1 and q.k>3
select * from (select a,b from t where a>10) q left join s on q.b=s.x where s.y>2
select * from (select lower(c) as lc, b from t) q join s on q.lc = s.x
select * from (select b, sum(c) as sc from t group by b) q where q.b between 1 and 2 and sc>0
select * from (select b, sum(c) as sc from t where c>1 group by b having sum(c)>3) q where q.b=1
with c as (select b from t) select * from c c1, c c2 where c1.b=c2.b
with c as (select b, count(*) n from t group by b) select * from c c1, c c2 where c1.b=c2.n
with c(x1) as (values(1),(2),(3)) select * from c where x1>1
with c(x1) as (values(1),(2),(3)) select * from c, t where t.a=c.x1
select * from t join (values(1),(2),(3)) v on v.column1=t.a
select * from (select * from (select * from (select a,b from t) where a>3) where b=1) where a<20
select max(b1) from v1
select min(a) from v1
select count(*) from v1 where a>5
select * from v1 join v2 on v1.a=v2.b
select * from v8 join v9 using(a)
select * from t where exists (select 1 from v2 where v2.b=t.a)
select a, (select n from v2 where v2.b=t.b) from t where a<5
`,
  },
  {
    name: 'outer joins',
    setup: `
create table a(i integer primary key,x); create table b(x,y); create table c(y,z); create index by1 on b(y);
insert into a values(1,1),(2,2),(3,3),(4,null); insert into b values(1,10),(2,20),(2,21),(5,50),(null,60); insert into c values(10,'a'),(20,'b'),(20,'bb'),(99,'z');
`,
    queries: `
select * from a right join b on a.x=b.x
select * from a right join b on a.x=b.x where a.i is null
select * from a right join b on a.x=b.x where a.i=1
select * from a right join b on a.x=b.x where b.y>10
select * from a full join b on a.x=b.x
select * from a full join b on a.x=b.x where a.i>1
select * from a full join b on a.x=b.x where b.y>1
select * from a full join b on a.x=b.x where b.y>1 and a.i>0
select * from a left join b on a.x=b.x left join c on b.y=c.y
select * from a left join b on a.x=b.x right join c on b.y=c.y
select * from a right join b on a.x=b.x right join c on b.y=c.y
select * from a full join b on a.x=b.x full join c on b.y=c.y
select * from a full join b on a.x=b.x left join c on b.y=c.y
select * from a join b on a.x=b.x right join c on b.y=c.y
select * from a right join b on a.x=b.x join c on b.y=c.y
select * from a right join b on a.x=b.x, c where c.y=b.y
select * from a right join (select * from b where y>10) q on a.x=q.x
select * from (select * from a where i>1) q right join b on q.x=b.x
select * from a right join b on a.x=b.x and a.i>1
select * from a right join b on a.x=b.x order by b.y
select * from a full join b using(x)
select x from a full join b using(x) full join c on c.y=b.y
select * from a right join b using(x) where x=2
select count(*) from a right join b on a.x=b.x
select a.x,count(*) from a right join b on a.x=b.x group by a.x
select distinct a.x from a right join b on a.x=b.x
select * from a right join b on a.i=b.y limit 3
select * from a right join b on a.x=b.x limit 2
select * from a right join b on 0
select * from a right join b on 1
select * from a full join b on 0
select * from a left join b on 0
select * from a left join b on 1 where b.x is null
select * from a left join b on a.x=b.x and b.y=20 where a.i<3
select * from a left join (b join c on b.y=c.y) on a.x=b.x
select * from a left join (b left join c on b.y=c.y) on a.x=b.x
select * from (a left join b on a.x=b.x) join c on b.y=c.y
select * from a natural right join b
select * from a natural full join b
select * from a left join b on a.x=b.x where b.x is not null
select * from a left join b on a.x=b.x where b.y+1>3
select * from a left join b on a.x=b.x where coalesce(b.y,1)=1
select * from a left join b on a.x=b.x where not b.y=20
select * from a left join b on a.x=b.x where b.y in (10,20)
select * from a left join b on a.x=b.x where b.y between 5 and 20
select * from a left join b on a.x=b.x where b.y>5 or a.i=4
select * from a left join b on a.x=b.x where b.y>5 or b.x=1
select * from a left join b on a.x=b.x left join c on c.y=b.y where c.z='b'
select * from a left join b on a.x=b.x join c on c.y=b.y
`,
  },
  {
    name: 'with sqlite_stat1',
    setup: `
create table t1(a,b,c,d); create index t1abc on t1(a,b,c); create index t1d on t1(d); create index t1b on t1(b);
create table t2(x integer primary key,y,z); create index t2y on t2(y);create index t2z on t2(z);
create table t3(p,q); create index t3p on t3(p);
insert into t1 select value%2, value%10, value%100, value from (with recursive n(value) as (select 1 union all select value+1 from n where value<300) select value from n);
insert into t2 select value, value%50, value%3 from (with recursive n(value) as (select 1 union all select value+1 from n where value<200) select value from n);
insert into t3 select value%20, value from (with recursive n(value) as (select 1 union all select value+1 from n where value<100) select value from n);
analyze;
delete from sqlite_stat4;
`,
    queries: `
select * from t1 where b=3
select * from t1 where b=3 and c=13
select * from t1 where c=13
select * from t1 where a=1
select * from t1 where a=1 and b=3
select * from t1 where a in (0,1) and b=3
select * from t1 where b between 3 and 4
select * from t1 where d=5
select * from t1 where d>290
select * from t1 where d>10
select * from t2 where z=1
select * from t2 where y=1 and z=1
select * from t2 where y in (1,2,3)
select * from t2 where z in (1,2)
select * from t1,t2 where t1.d=t2.x
select * from t1,t2 where t1.d=t2.y
select * from t1,t2 where t1.b=t2.y and t2.z=1
select * from t1,t2,t3 where t1.b=t2.y and t2.z=t3.p
select * from t1,t2,t3 where t1.b=t2.y and t2.x=t3.p and t3.q<5
select * from t3,t2 where t3.p=t2.y and t2.z=2
select distinct a from t1
select distinct a,b from t1
select a,b,count(*) from t1 group by a,b
select b,count(*) from t1 group by b
select z,count(*) from t2 group by z
select * from t1 where b=3 order by d
select * from t1 order by d limit 5
select * from t1 where a=1 order by d limit 5
select max(c) from t1 where b=3
select count(*) from t1
select * from t1 where a=1 or d=5
select * from t1 where b in (select y from t2 where z=1)
select * from t2 where y in (select b from t1)
select * from t1 where a is null
select * from t2 left join t3 on t3.p=t2.y
select * from t2 left join t3 on t3.p=t2.y and t3.q=7
select * from t2 where exists(select 1 from t3 where p=t2.y)
select * from t3, t1 where t3.q=t1.d and t1.a=1
`,
  },
  {
    name: 'subqueries among tables',
    setup: `
create table t(a integer primary key,b,c); create index tb on t(b); create table s(x,y); create index sx on s(x); create index sy on s(y);
create table u(x,y);create table w(x,y);
insert into t values(1,3,2),(2,1,4),(3,3,3),(4,2,2),(5,null,7);
insert into s values(1,2),(3,1),(3,4),(2,3),(null,1);
insert into u values(3,4),(1,2),(2,1),(3,1),(1,2),(null,5);
insert into w values(2,2),(3,4),(4,1),(1,1);
`,
    queries: `
select * from (select x,y from u union select x,y from w) v, s, t where v.x=s.x and t.b=s.y
select * from (select x,y from u union select x,y from w) v, s, t where v.x=s.x and t.b=v.y
select * from s, t,(select x,y from u union select x,y from w) v where v.x=s.x and t.b=v.y
select * from s, t,(select x,y from u union select x,y from w limit 1000) v where v.x=s.x and t.b=v.y
select * from s, t,(select distinct x,y from u) v where v.x=s.x and t.b=v.y
select * from s, t,(select distinct x,y from u) v where v.x=s.x and t.b=s.y
select * from s, t,(select x,count(*) y from u group by x) v where v.x=s.x and t.b=s.y
select * from s, t,(select x,count(*) y from u group by x) v where v.x=s.x and t.a=v.y
select * from s, u,(select x,count(*) y from u group by x) v where v.x=s.x and u.x=v.y
select * from w, u,(select x,count(*) y from u group by x) v where v.x=w.x and u.x=v.y
select * from w, u,(select x,count(*) y from u group by x) v, (select y,max(x) x from w group by y) v2 where v.x=w.x and u.x=v.y and v2.y=v.y
select * from (select x,count(*) y from u group by x) v, (select y,max(x) x from w group by y) v2 where v2.y=v.y
select * from s where (x,y) in (select x,y from u)
select * from s where (x,y) in (values(1,2),(3,4))
select * from s where (x,y) in ((1,2),(3,4))
select * from t where (a,b) in ((1,2),(3,4))
select * from t where (b,c) in ((1,2),(3,4))
select * from t where (c,b) in ((1,2),(3,4)) and a>2
select count(*) from (select x,y from u union all select x,y from w)
select count(*) from (select x,y from u union all select x,y from w) where x=1
select count(*) from (select x,y from u union all select x,y from w where x=1)
select count(*) from (select x,y from u union select x,y from w where x=1)
select count(*)+1 from (select x,y from u union all select x,y from w where x=1)
select count(x) from (select x,y from u union all select x,y from w where x=1)
select count(*) from (select x,y from u union all select x,y from w where x=1) group by x
select * from (select x from u order by x) order by x
select * from (select x,y from u order by x limit 3) order by x
select * from (select x,y from u order by x limit 3) order by x desc
select * from (select x,y from u order by x,y limit 3) order by x,y
select * from (select x,y from u order by x,y limit 3) order by y
select * from (select x,y from u order by x,y limit 3) order by x
select x,count(*) from (select x,y from u order by x,y limit 3) group by x
select * from (select x,y from u union select x,y from w) order by x
select * from (select x,y from u union select x,y from w) order by x,y
select * from (select x,y from u union select x,y from w) order by x desc
select * from (select x,y from u union select x,y from w order by y) order by y
select * from (select x,y from u union select x,y from w order by y) order by y,x
select x,count(*) from (select x,y from u union select x,y from w) group by x
select * from (select x,y from u order by x limit 3) v, t where t.a=v.y order by v.x
select * from t, (select x,y from u order by x limit 3) v where t.a=v.y order by v.x
select * from (select b, count(*) n from t group by b order by b) order by b
select * from (select c, count(*) n from t group by c order by n) order by n desc
select * from (select max(b), c from t group by c having c>2 and max(b)>1)
select c, max(b) from t group by c having c>2 and max(b)>1
select c+1, max(b) from t group by c+1 having c+1>2
select b, max(c) from t group by b having b>2
select b, max(c) from t group by b having b=2
`,
  },
  {
    name: 'equalities and ranges',
    setup: `
create table t1(a int, b int, c int, d int); create index t1ab on t1(a,b); create index t1c on t1(c);
create table t2(x,y);
create table t3(a int, b int, c int, d int); create index t3ab on t3(a,b);create index t3cda on t3(c,d,a);
`,
    queries: `
select * from t1 x,t2 y where x.a=1 and x.b=y.x and x.b>1
select * from t1 x cross join t2 y where x.a=1 and x.b=y.x and x.b>1
select * from t1 x cross join t1 y where x.a=1 and x.b=y.a and x.b>1
select * from t1 x cross join t1 y where x.a=1 and x.b=y.c and x.b>1
select * from t1 x cross join t1 y where x.a=1 and x.b=y.d and x.b>1
select * from t1 x , t1 y where x.a=1 and x.b=y.d and x.b>1
select * from t1 where a=1 and b>1 and b=d
select * from t1 where a=1 and b>1 and b is d
select * from t1 where a=1 and b>1 and b is 5
select * from t3 where c=1 and d=2 and d>1
select * from t3 where c=1 and d=2 and a>1 and a=5
select * from t3 where c=1 and d>1 and a>1 and d=5
select * from t1 where a=1 and b<1 and likelihood(b=2,0.5)
select * from t1 where a=1 and likelihood(b<1,0.00001) and b=2
select * from t1 where a=1 and likelihood(b<1,0.00001)
`,
  },
  {
    name: 'covering ranges',
    setup: `
create table t1(a int, b int); create index t1ab on t1(a,b);
create table t2(x,y);
create table t4(a int, b int, c int, d int, e int, f int); create index t4ab on t4(a,b);
`,
    queries: `
select * from t1 x,t1 y where x.a=1 and x.b=y.a and x.b>1
select * from t1 x,t2 y where x.a=1 and x.b=y.x and x.b>1
select * from t1 x cross join t1 y where x.a=1 and x.b=y.a and x.b>1
select * from t1 x,t1 y where x.a=1 and x.b=y.b and x.b>1
select * from t4 x,t4 y where x.a=1 and x.b=y.a and x.b>1
select a,b from t4 where a=1 and b>1
select a,b from t4 where a=1 and b>1 and b=2
select rowid from t1 where a=1 and b>1
select * from t1 where a>1 and b>1
select * from t4 where a=1 and b>1 order by a,b
`,
  },
  {
    name: 'constant propagation',
    setup: `
create table t0(a0, b0 integer, c0 text collate nocase, primary key(a0)) without rowid;
create index i0_1 on t0(b0);
create table t2(a2, b2, c2 int, primary key(a2,b2)) without rowid;
create table u0(a0, b0 integer, c0 text collate nocase);
create index u0_1 on u0(b0);
create table u2(a2, b2, c2 int);
create table r0(a0 int, b0 not null, c0, d0);
create index r0_0 on r0(a0 desc, d0);
`,
    queries: `
select x0.a0, x0.c0 from t0 x0, t2 x1 where x1.b2=x0.b0 and x0.c0=x0.c0 and x0.b0='x'
select x0.a0, x0.c0 from t0 x0, t2 x1 where x1.b2=x0.b0 and x0.b0='x'
select x0.a0, x0.c0 from t0 x0, t2 x1 where x1.b2=x0.b0 and x0.b0=5
select x0.a0, x0.c0 from u0 x0, u2 x1 where x1.b2=x0.b0 and x0.b0=5
select x0.a0, x0.c0 from u0 x0, u2 x1 where x1.b2=x0.b0 and x0.b0='x'
select x0.a0, x0.c0 from u0 x0, u2 x1 where x1.c2=x0.b0 and x0.b0=5
select x0.a0, x0.c0 from u0 x0, u2 x1 where x0.b0=5
select x0.c0, x1.a0 from r0 x0, r0 x1 where x1.d0=x0.a0 and x1.d0=0 
select x0.c0, x1.a0 from r0 x0, r0 x1 where x1.d0=x0.a0 and x1.d0=0 order by x1.c0 desc, x0.d0
select x0.c0, x1.a0 from r0 x0, r0 x1 where x1.d0=x0.a0 and x1.d0=7
select x0.c0, x1.a0 from r0 x0, r0 x1 where x1.d0=x0.b0 and x1.d0=7
select * from u0 where b0=5
select * from u2 x1 where b2=5 and a2=5
`,
  },
  {
    name: 'LIKE on integers',
    setup: `
create table k(a integer primary key, b int); create index kb on k(b);
create table n(a int primary key, b);
`,
    queries: `
select * from k where a like 'a%'
select * from k where b like 'a%'
select * from n where a like 'a%'
select * from k where a like 'a_'
select * from k where a glob 'a*'
select * from k where a glob 'a*b'
select * from k where a>='A' and a<'b'
select * from k where b glob 'a*b'
`,
  },
  {
    name: 'indexes on expressions',
    setup: `
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d INT UNIQUE, e);
INSERT INTO t VALUES(1,2,'x',1.5,3,4),(2,3,'Y',2.5,4,null),(3,4,'z',0,10,7);
CREATE INDEX t_x ON t(a + d); create index t_l on t(lower(b), a);
`,
    queries: `
SELECT count(*) FROM t WHERE a + d = 14
SELECT * FROM t WHERE a + d = 14
SELECT a+d FROM t WHERE a + d > 6
SELECT a FROM t WHERE a + d > 6
SELECT a+d FROM t ORDER BY a+d
SELECT lower(b) FROM t WHERE lower(b) = 'y'
SELECT lower(b), a FROM t WHERE lower(b) > 'x' order by lower(b)
SELECT b FROM t WHERE lower(b) > 'x' order by lower(b)
SELECT lower(b), count(*) FROM t group by lower(b)
SELECT lower(b), sum(a) FROM t group by lower(b)
SELECT max(lower(b)) FROM t
SELECT distinct lower(b) FROM t
SELECT x.id FROM t x, t y where lower(x.b)=lower(y.b)
SELECT x.id FROM t x left join t y on lower(x.b)=lower(y.b) and y.a=2
select * from t
`,
  },
];
