/** Window functions against the oracle. */
import { expect, it } from 'vitest';
import { compareQueries } from './query.test-helper.ts';

it("gives the oracle's rows and plans for window functions", () => {
  const { expected, actual } = compareQueries(`
    create table t(a,b,c)
    create index ta on t(a)
    insert into t values(1,1,1),(1,2,2),(2,1,1),(2,0,0),(3,null,5),(null,7,7),('x','y','z'),(2.5,1e3,x'01'),(1,5,3),(2,5,9)
    create table e(id integer primary key, dept text, sal int)
    insert into e values(1,'a',10),(2,'a',20),(3,'a',20),(4,'b',5),(5,'b',50),(6,'c',7),(7,'a',30),(8,'b',5)
    select sum(sal) over () from e
    select id, sum(sal) over (order by id) from e
    select id, sum(sal) over (partition by dept order by sal) from e
    select id, dept, row_number() over (partition by dept order by sal) rn, rank() over (partition by dept order by sal) r, dense_rank() over (partition by dept order by sal) d from e
    select id, percent_rank() over (partition by dept order by sal), cume_dist() over (partition by dept order by sal) from e
    select id, ntile(3) over (order by sal), ntile(2) over (partition by dept order by id) from e
    select id, lag(sal) over (order by id), lead(sal) over (order by id), lag(sal,2,-1) over (order by id), lead(sal,2,'none') over (order by id) from e
    select id, first_value(sal) over w, last_value(sal) over w, nth_value(sal,2) over w from e window w as (partition by dept order by id)
    select id, sum(sal) over (order by id rows between 1 preceding and 1 following) from e
    select id, sum(sal) over (order by id rows between 2 preceding and 1 preceding) from e
    select id, sum(sal) over (order by id rows between 1 following and 2 following) from e
    select id, sum(sal) over (order by sal range between 10 preceding and current row) from e
    select id, sum(sal) over (order by sal range between 10 preceding and 5 following) from e
    select id, sum(sal) over (order by sal desc range between 10 preceding and 5 following) from e
    select id, count(*) over (order by sal groups between 1 preceding and 1 following) from e
    select id, count(*) over (order by sal groups between unbounded preceding and 1 preceding) from e
    select id, group_concat(id) over (order by sal rows between unbounded preceding and unbounded following exclude current row) from e
    select id, group_concat(id) over (order by sal exclude group) from e
    select id, group_concat(id) over (order by sal exclude ties) from e
    select id, max(sal) over (order by id rows between 1 preceding and 1 following), min(sal) over (order by id rows 2 preceding) from e
    select id, max(sal) over (partition by dept) from e
    select id, sum(sal) filter (where id%2=0) over (order by id) from e
    select id, sum(sal) filter (where id%2=0) over (order by id rows 1 preceding) from e
    select dept, sum(sum(sal)) over (order by dept) from e group by dept
    select dept, rank() over (order by sum(sal) desc) from e group by dept order by dept
    select id from e order by row_number() over (order by sal desc)
    ~select id, row_number() over (order by sal desc) rn from e order by rn limit 3
    select id, row_number() over (order by sal desc) rn from e limit 3 offset 1
    select distinct dept, count(*) over (partition by dept) from e
    ~select distinct sum(sal) over (partition by dept) from e order by 1 desc
    select * from (select id, row_number() over (partition by dept order by sal desc) rn from e) where rn=1
    select id, sal - lag(sal, 1, 0) over (order by id) as diff from e
    select a, row_number() over (order by b), sum(c) over (partition by a order by b) from t
    select a, sum(b) over w, count(*) over w from t window w as (partition by a order by c) order by a
    select a, sum(b) over (order by c), avg(b) over (order by c rows 1 preceding) from t
    select sum(count(*)) over (order by a) from t group by a
    select distinct sum(b) over (order by a) from t limit 3
    select a, b, sum(b) over (order by b range between 1 preceding and 1 following) from t
    select a, b, count(*) over (order by b desc range between 1 preceding and 1 following) from t
    select a, b, count(*) over (order by b nulls last range between 1 preceding and 1 following) from t
    select id, sum(sal) over (order by id rows between -1 preceding and current row) from e
    select id, nth_value(sal,0) over (order by id) from e
    select id, ntile(0) over (order by id) from e
    select id, sum(sal) over (rows between current row and 1 preceding) from e
    select id, (select sum(x.sal) over (order by x.id) from e x where x.dept=e.dept limit 1) from e
    select id, sum(sal) over (order by id) from e where dept='a' union all select 1,2
    select row_number() over () , a from t
    select id, first_value(id) over (order by sal rows between 1 preceding and 1 following exclude current row), last_value(id) over (order by sal rows between 1 preceding and 1 following exclude current row), nth_value(id,2) over (order by sal rows between 1 preceding and 1 following exclude current row) from e
    select id, first_value(id) over (order by id rows between 1 following and 2 following), nth_value(id,2) over (order by id rows between 1 preceding and current row) from e
    select count(*) over (partition by dept order by sal desc), id from e order by dept, sal desc
    select id, total(sal) over (order by id rows unbounded preceding), avg(sal) over (order by id range unbounded preceding) from e
    select max(id) over (order by id rows between 3 following and 5 following) from e
    select json_group_array(id) over (order by id) from e
    select count(*) over () from e where 0
    select id, lag(id, -1) over (order by id), lead(id, 0) over (order by id), lag(id, 1.5) over (order by id) from e
  `);
  expect(actual).toEqual(expected);
});
