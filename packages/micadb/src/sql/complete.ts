/**
 * Is a text a whole statement, or several? For shells that read line by line
 * (https://www.sqlite.org/c3ref/complete.html). The text is not parsed: it is complete when its last
 * token but for space and comments is a semicolon, and inside CREATE TRIGGER the one behind END.
 */
import { isKeyword } from './keywords.ts';

enum State {
  /** Nothing seen yet: not complete. */
  Empty,
  /** Behind a semicolon that ends a statement. */
  Start,
  Normal,
  Explain,
  Create,
  /** Inside a trigger's body. */
  Trigger,
  /** Inside a trigger, behind a semicolon. */
  TriggerSemi,
  /** Inside a trigger, behind "; END". */
  TriggerEnd,
}

/** The state behind a semicolon. */
function afterSemi(state: State): State {
  return state === State.Trigger || state === State.TriggerSemi ? State.TriggerSemi : State.Start;
}

/** The state behind any other token; `word` is a keyword in lower case, or ''. */
function afterToken(state: State, word: string): State {
  switch (state) {
    case State.Empty:
    case State.Start:
      if (word === 'explain') return State.Explain;
      return word === 'create' ? State.Create : State.Normal;
    case State.Normal:
      return State.Normal;
    case State.Explain:
      if (word === 'create') return State.Create;
      return ['explain', 'temp', 'temporary', 'trigger', 'end'].includes(word)
        ? State.Normal
        : State.Explain;
    case State.Create:
      if (word === 'temp' || word === 'temporary') return State.Create;
      return word === 'trigger' ? State.Trigger : State.Normal;
    case State.TriggerSemi:
      return word === 'end' ? State.TriggerEnd : State.Trigger;
    case State.Trigger:
    case State.TriggerEnd:
      return State.Trigger;
  }
}

/** The closing mark of what begins at `at` and has to be closed, or ''. */
function closing(sql: string, at: number): string {
  const c = sql.charAt(at);
  if (c === '/' && sql.charAt(at + 1) === '*') return '*/';
  if (c === '[') return ']';
  return c === "'" || c === '"' || c === '`' ? c : '';
}

/** True when `sql` ends with a finished statement. */
export function isComplete(sql: string): boolean {
  let state = State.Empty;
  let at = 0;
  while (at < sql.length) {
    const c = sql.charAt(at);
    if (c === ';') {
      state = afterSemi(state);
      at += 1;
      continue;
    }
    if (' \t\r\n\f'.includes(c)) {
      at += 1;
      continue;
    }
    if (c === '-' && sql.charAt(at + 1) === '-') {
      const end = sql.indexOf('\n', at);
      if (end < 0) break;
      at = end + 1;
      continue;
    }
    const mark = closing(sql, at);
    if (mark !== '') {
      const end = sql.indexOf(mark, at + mark.length);
      if (end < 0) return false;
      at = end + mark.length;
      if (mark !== '*/') state = afterToken(state, '');
      continue;
    }
    const start = at;
    while (at < sql.length && /[\w$\u0080-\uffff]/.test(sql.charAt(at))) at += 1;
    const word = sql.slice(start, at);
    if (word === '') at += 1;
    state = afterToken(state, isKeyword(word) ? word.toLowerCase() : '');
  }
  return state === State.Start;
}
