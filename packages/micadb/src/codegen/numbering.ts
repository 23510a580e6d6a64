/** The numbers that EXPLAIN QUERY PLAN gives to subqueries. */
import type { Query } from '../bind/tree.ts';
import type { Codegen } from './context.ts';

/** A compound query goes by the number of its last arm. */
export function queryNumber(_cg: Codegen, q: Query): number {
  if (q.kind === 'compound') return q.rest.at(-1)!.query.id;
  if (q.kind === 'recursive') return q.steps.at(-1)!.id;
  return q.id;
}
