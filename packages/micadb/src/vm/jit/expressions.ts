/**
 * The code of instructions that work on values: columns, comparison, arithmetic, calls, records,
 * accumulators. Each has a way for numbers and for texts on a page, and calls support.ts for the rest.
 */
import { slicesForm, stepForm } from '../../functions/slices-table.ts';
import type { Collation, KeyInfo } from '../../values/key.ts';
import { utf8Encode } from '../../values/utf.ts';
import { Affinity, type SqlValue, UTF8 } from '../../values/value.ts';
import { SQLITE_AFF_MASK, SQLITE_JUMPIFNULL, SQLITE_NULLEQ } from '../flags.ts';
import type { GroupShape } from '../groups.ts';
import { Opcode } from '../opcode.ts';
import type { FunctionCall, Instruction } from '../types.ts';
import {
  ANY_NULL,
  bytesForm,
  CLEARED_NULL,
  INT,
  isLive,
  LAZY,
  NULL,
  NUMBER,
  OTHER,
  REAL,
  STORED,
} from './analysis.ts';
import { type CursorPlan, columnId, UNKNOWN_STAGE } from './rows.ts';
import { and, or, Writer } from './writer.ts';

export const MAX = '9007199254740991';

const comparisons: Readonly<Partial<Record<Opcode, string>>> = {
  [Opcode.Eq]: '===',
  [Opcode.Ne]: '!==',
  [Opcode.Lt]: '<',
  [Opcode.Le]: '<=',
  [Opcode.Gt]: '>',
  [Opcode.Ge]: '>=',
};

export class Expressions extends Writer {
  /** Calls that keep their context in a local. */
  protected readonly calls = new Set<number>();
  private readonly texts = new Map<string, Uint8Array>();

  /** The bytes of a constant text: one array a text, so that it becomes one constant. */
  private bytesOf(text: string): Uint8Array {
    let bytes = this.texts.get(text);
    if (bytes === undefined) this.texts.set(text, (bytes = utf8Encode(text)));
    return bytes;
  }

  /** Loads the row of a cursor whose stage is 0; the stage is then still 0, or -1. */
  protected loadRow(cursor: number, plan: CursorPlan): string {
    const i = cursor;
    const sorter = this.a.sorterOf.get(cursor);
    if (sorter !== undefined) {
      this.cursorLocals(sorter);
      return (
        `if(!c${i}.nullRow){x=c${sorter}.sorter;x.locate();` +
        `d${i}=x.recordData;p${i}=x.recordStart;z${i}=x.recordEnd;`
      );
    }
    if (plan.kind === 'pseudo') {
      return (
        `x=r[${plan.register}];if(x instanceof Uint8Array&&x.length>0&&!c${i}.nullRow){` +
        `d${i}=x;p${i}=0;z${i}=x.length;`
      );
    }
    return `p${i}=rowStart(c${i});if(p${i}>=0){d${i}=c${i}.bt.pageBytes;z${i}=c${i}.bt.wholeEnd;`;
  }

  protected headerStart(cursor: number): string {
    const i = cursor;
    return `y=d${i}[p${i}];if(y<128){e${i}=p${i}+y;o${i}=e${i};h${i}=p${i}+1;`;
  }

  /** Parses from stage `from` to `to`, in straight code; a row that is not plain goes to stage -1. */
  protected parseStages(cursor: number, plan: CursorPlan, from: number, to: number): string {
    const i = cursor;
    let text = '';
    let column = from === 0 ? 0 : plan.columns[from - 1]! + 1;
    for (let stage = from; stage < to; stage++) {
      const last = plan.columns[stage]!;
      const gap = last - column;
      const step = `y=d${i}[h${i}++];if(y>127)y=wide(d${i},h${i}++,y);`;
      if (gap > 6) text += `for(x=0;x<${gap};x++){${step}o${i}+=y<128?sizes[y]:(y-12)>>>1}`;
      else for (let g = 0; g < gap; g++) text += `${step}o${i}+=y<128?sizes[y]:(y-12)>>>1;`;
      text += `${step}y${i}_${stage}=y;a${i}_${stage}=o${i};o${i}+=y<128?sizes[y]:(y-12)>>>1;`;
      column = last + 1;
    }
    // Damage and fields that are not there are the interpreter's way's business.
    text += `s${i}=h${i}>e${i}||o${i}>z${i}||(h${i}===e${i}&&o${i}!==z${i})?-1:${to};`;
    return text;
  }

  protected column(op: Instruction): void {
    const cursor = op.p1;
    const plan = this.rows.plans.get(cursor);
    const i = cursor;
    const slow = `columnSlow(vm,C[${this.pc}],r)`;
    const target = op.p3;
    if (plan === undefined || plan.elsewhere.has(op.p2)) {
      this.put(`f.pc=${this.pc};`);
      if (this.isLocal(target)) this.put(this.setValue(target, slow));
      else this.put(`r[${target}]=${slow};`);
      return;
    }
    const id = columnId(op);
    // The same column again: SQLite's code reads a column as often as it is named.
    if (this.held[target] === id) return;
    const from = this.held.indexOf(id);
    if (from > 0 && this.types[from] !== 0) {
      this.copy(from, target);
      return;
    }
    this.cursorLocals(cursor);
    const stage = plan.columns.indexOf(op.p2);
    const known = this.stages[cursor]!;
    if (known === 0) {
      this.put(
        `${this.loadRow(cursor, plan)}${this.headerStart(cursor)}` +
          `${this.parseStages(cursor, plan, 0, stage + 1)}}else s${i}=-1}else s${i}=-1;`,
      );
    } else if (known === UNKNOWN_STAGE) {
      // Bring it to this stage from whatever it is at, one stage a turn.
      let text = `for(;s${i}>=0&&s${i}<=${stage};)switch(s${i}){`;
      for (let s = 0; s <= stage; s++) {
        text += `case ${s}:`;
        if (s === 0) {
          text += `${this.loadRow(cursor, plan)}${this.headerStart(cursor)}${this.parseStages(cursor, plan, 0, 1)}}else s${i}=-1}else s${i}=-1;break;`;
        } else {
          text += `${this.parseStages(cursor, plan, s, s + 1)}break;`;
        }
      }
      this.put(`${text}}`);
    } else if (known <= stage) {
      this.put(`if(s${i}>=0){${this.parseStages(cursor, plan, known, stage + 1)}}`);
    }
    const y = `y${i}_${stage}`;
    const a = `a${i}_${stage}`;
    const d = `d${i}`;
    const sorter = this.a.sorterOf.get(cursor);
    const record = sorter === undefined ? '' : `r[${plan.register}]=c${sorter}.sorter.record();`;
    const fail = `f.pc=${this.pc};${record}`;
    if (!this.isLocal(target)) {
      this.put(
        `if(s${i}<0){${fail}r[${target}]=${slow}}else r[${target}]=${y}===1?${d}[${a}]<<24>>24:decode(${d},${y},${a});`,
      );
      return;
    }
    const t = target;
    this.used.add(t);
    const text =
      this.encoding === UTF8
        ? `if((${y}&1)!==0){t${t}=16;v${t}=${d};n${t}=${a};l${t}=(${y}-13)>>>1}else{t${t}=8;v${t}=decode(${d},${y},${a})}`
        : `t${t}=8;v${t}=decode(${d},${y},${a})`;
    this.put(
      `if(s${i}<0){${fail}${this.setValue(t, slow)}}` +
        `else if(${y}===1){t${t}=2;n${t}=${d}[${a}]<<24>>24}` +
        `else if(${y}>=12){${text}}` +
        `else if(${y}===7){n${t}=${this.rows.plans.get(i)!.kind === 'btree' ? `c${i}.bt.pageView.getFloat64(${a})` : `readDouble(${d},${a})`};t${t}=n${t}===n${t}?4:1}` +
        `else if(${y}===6){${this.setValue(t, `readInt64(${d},${a})`)}}` +
        `else if((t${t}=tags[${y}])===2)n${t}=${y}>7?${y}-8:readInt(${d},${y},${a});`,
    );
  }

  protected comparesBytes(op: Instruction): boolean {
    const collation = op.p4 as Collation | null;
    return (
      this.encoding === UTF8 &&
      (collation === null || collation.kind === 'binary') &&
      (op.p5 & SQLITE_AFF_MASK) < 0x43
    );
  }

  /** Ways to compare two texts of which at least one is lent; for others they are made strings. */
  protected lazyOrder(
    left: number,
    right: number,
    equality: boolean,
  ): readonly { when: string; order: string }[] {
    const ml = this.mask(left);
    const mr = this.mask(right);
    const parts: { when: string; order: string }[] = [];
    const key = (register: number): string | null => {
      const op = this.constantIn(register);
      return op !== null && typeof op.p4 === 'string' ? this.constant(this.bytesOf(op.p4)) : null;
    };
    const lent = (i: number) => `v${i},n${i},l${i}`;
    const one = (i: number, other: number, sign: string) => {
      const k = key(other);
      if (k !== null) {
        if (equality) return { when: this.is(i, LAZY), order: `equalLazy(${lent(i)},${k})?0:1` };
        return { when: this.is(i, LAZY), order: `${sign}compareLazy(${lent(i)},${k})` };
      }
      if ((this.mask(other) & OTHER) === 0) return null;
      return {
        when: `${this.is(i, LAZY)}&&${this.is(other, OTHER)}&&typeof v${other}==='string'`,
        order: `${sign}compareUtf8WithString(v${i},n${i},n${i}+l${i},v${other})`,
      };
    };
    if ((ml & LAZY) !== 0 && (mr & LAZY) !== 0) {
      parts.push({
        when: `${this.is(left, LAZY)}&&${this.is(right, LAZY)}`,
        order: `compareRanges(${lent(left)},${lent(right)})`,
      });
    }
    if ((ml & LAZY) !== 0) {
      const p = one(left, right, '');
      if (p !== null) parts.push(p);
    }
    if ((mr & LAZY) !== 0) {
      const p = one(right, left, '-');
      if (p !== null) parts.push(p);
    }
    return parts;
  }

  protected compare(op: Instruction): void {
    const right = op.p1;
    const left = op.p3;
    this.fetch(right);
    this.fetch(left);
    const sign = comparisons[op.opcode]!;
    const wantsOrder = this.elseEqFollows();
    const conditions: string[] = [];
    const numeric = and(this.is(left, NUMBER), this.is(right, NUMBER));
    if (numeric !== 'false') {
      const l = this.num(left);
      const r = this.num(right);
      const order = wantsOrder ? `vm.compare=${l}<${r}?-1:${l}>${r}?1:0;` : '';
      conditions.push(`${numeric}@${order}x=${l}${sign}${r}`);
    }
    if ((op.p5 & SQLITE_NULLEQ) === 0) {
      const nulls = or(this.is(left, ANY_NULL), this.is(right, ANY_NULL));
      if (nulls !== 'false') {
        const jumps = (op.p5 & SQLITE_JUMPIFNULL) !== 0;
        conditions.push(`${nulls}@${wantsOrder ? 'vm.compare=2147483647;' : ''}x=${jumps}`);
      }
    }
    if (this.comparesBytes(op)) {
      const equality = op.opcode === Opcode.Eq || op.opcode === Opcode.Ne;
      const order = wantsOrder ? `vm.compare=y;` : '';
      for (const lazy of this.lazyOrder(left, right, equality)) {
        conditions.push(`${lazy.when}@y=${lazy.order};${order}x=y${sign}0`);
      }
    }
    const rest = (this.mask(left) | this.mask(right)) & ~(NUMBER | ANY_NULL);
    let text = '';
    let closed = false;
    for (const c of conditions) {
      const [when, then] = c.split('@') as [string, string];
      if (when === 'true') {
        text += `{${then}}`;
        closed = true;
        break;
      }
      text += `if(${when}){${then}}else `;
    }
    if (!closed) {
      if (rest !== 0 || (op.p5 & SQLITE_NULLEQ) !== 0) {
        text += `{x=compareJump(vm,C[${this.pc}],${this.box(left)},${this.box(right)})}`;
      } else {
        text += '{x=false}';
      }
    }
    this.put(text);
    this.branch('x', op.p2);
  }

  /** Compare: the outcome goes to vm.compare. */
  protected compareRows(op: Instruction): boolean {
    const info = op.p4 as KeyInfo | null;
    if (op.p3 > 6 || op.p5 !== 0 || this.a.effects.runsUserCode(op)) return false;
    if (info?.sortFlags.subarray(0, op.p3).some((flags) => flags !== 0)) return false;
    let text = 'y=0;';
    for (let i = 0; i < op.p3; i++) {
      const a = op.p1 + i;
      const b = op.p2 + i;
      this.fetch(a);
      this.fetch(b);
      if (i > 0) text += 'if(y===0){';
      const numbers = and(this.is(a, NUMBER), this.is(b, NUMBER));
      if (numbers !== 'false') {
        const x = this.num(a);
        const z = this.num(b);
        text += `if(${numbers})y=${x}<${z}?-1:${x}>${z}?1:0;else `;
      }
      const binary = info === null || info.collations[i]!.kind === 'binary';
      const lazy = binary && this.encoding === UTF8 ? this.lazyOrder(a, b, false) : [];
      for (const { when, order } of lazy) text += `if(${when})y=${order};else `;
      text += `y=compareOne(vm,C[${this.pc}],${i},${this.box(a)},${this.box(b)});`;
      if (i > 0) text += '}';
    }
    this.put(`${text}vm.compare=y;`);
    return true;
  }

  protected elseEqFollows(): boolean {
    const { code } = this.a;
    for (let pc = this.pc + 1; pc < code.length; pc++) {
      const { opcode } = code[pc]!;
      if (opcode === Opcode.ElseEq) return true;
      if (opcode !== Opcode.Noop && opcode !== Opcode.ReleaseReg) return false;
    }
    return false;
  }

  protected arithmetic(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const x = this.num(p2);
    const y = this.num(p1);
    const ints = and(this.is(p1, INT), this.is(p2, INT));
    const numbers = and(this.is(p1, NUMBER), this.is(p2, NUMBER));
    const nulls = or(this.is(p1, ANY_NULL), this.is(p2, ANY_NULL));
    const slow = this.setValue(
      p3,
      `arithmetic(${op.opcode},${this.box(p2 === p1 ? p1 : p1)},${this.box(p2)})`,
    );
    let whole: string;
    let real: string;
    switch (op.opcode) {
      case Opcode.Add:
        whole = `x=${x}+${y};`;
        real = `x=${x}+${y};`;
        break;
      case Opcode.Subtract:
        whole = `x=${x}-${y};`;
        real = whole;
        break;
      case Opcode.Multiply:
        whole = `x=${x}*${y};`;
        real = whole;
        break;
      case Opcode.Divide:
        whole = `x=${y}===0?NaN:Math.trunc(${x}/${y});`;
        real = `x=${y}===0?NaN:${x}/${y};`;
        break;
      default:
        whole = `x=${x}%${y};`;
        real = '';
        break;
    }
    const safe =
      op.opcode === Opcode.Divide || op.opcode === Opcode.Remainder
        ? `if(x===x){${this.setInt(p3, 'x+0')}}else{${this.setNull(p3)}}`
        : `if(x<=${MAX}&&x>=-${MAX}){${this.setInt(p3, 'x+0')}}else{${slow}}`;
    let text = '';
    if (ints !== 'false') text += `if(${ints}){${whole}${safe}}else `;
    if (real !== '' && numbers !== 'false' && ints !== 'true') {
      text += `if(${numbers}){${real}if(x===x){${this.setReal(p3, 'x')}}else{${this.setNull(p3)}}}else `;
    }
    if (nulls !== 'false') text += `if(${nulls}){${this.setNull(p3)}}else `;
    this.put(`${text}{${slow}}`);
    this.store(p3, NULL | INT | REAL | OTHER);
  }

  protected bits(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const x = this.num(p2);
    const y = this.num(p1);
    const sign = op.opcode === Opcode.BitAnd ? '&' : '|';
    const small = and(and(this.is(p1, INT), this.is(p2, INT)), `(${x}|0)===${x}&&(${y}|0)===${y}`);
    const slow = this.setValue(p3, `arithmetic(${op.opcode},${this.box(p1)},${this.box(p2)})`);
    this.put(`if(${small}){${this.setInt(p3, `${x}${sign}${y}`)}}else{${slow}}`);
    this.store(p3, NULL | INT | OTHER);
  }

  /** The truth of a register: 1, 0, or -1 for NULL, in variable `name`. */
  protected truth(register: number, name: string): string {
    return (
      `if(${this.is(register, NUMBER)})${name}=${this.num(register)}!==0?1:0;` +
      `else if(${this.is(register, ANY_NULL)})${name}=-1;` +
      `else ${name}=truth(${this.box(register)},false)?1:0;`
    );
  }

  protected logic(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const decide =
      op.opcode === Opcode.And ? 'x===0||y===0?0:x<0||y<0?-1:1' : 'x===1||y===1?1:x<0||y<0?-1:0';
    this.put(
      `${this.truth(p1, 'x')}${this.truth(p2, 'y')}x=${decide};` +
        `if(x<0){${this.setNull(p3)}}else{${this.setInt(p3, 'x')}}`,
    );
    this.store(p3, NULL | INT);
  }

  /** A call of a built-in function: on bytes if it can, else straight to the function. */
  protected call(op: Instruction): boolean {
    const { def, argCount } = op.p4 as FunctionCall;
    if (def.kind !== 'scalar' || this.a.effects.runsUserCode(op)) return false;
    const { p2, p3 } = op;
    let open = '';
    const form = bytesForm(op);
    if (form !== undefined && this.encoding === UTF8 && this.isLocal(p2 + form.argument)) {
      const fast = this.bytesCall(p2, argCount, form);
      if (fast !== null) {
        const text = p2 + form.argument;
        open = `x=-1;if(${this.is(text, LAZY)})x=${this.constant(fast)}(v${text},n${text},l${text});if(x>=0){`;
        if (form.result === 'integer') open += this.setInt(p3, 'x');
        else {
          this.used.add(p3);
          open += `y=Math.floor(x/65536);l${p3}=x-y*65536;v${p3}=v${text};n${p3}=n${text}+y;t${p3}=16;`;
        }
        open += '}else{';
      }
    }
    const g = `g${this.pc}`;
    let text = `${open}${this.callContext(op)}`;
    const onSlices = slicesForm(def);
    if (onSlices !== undefined && this.encoding === UTF8) {
      text += this.looseArguments(op);
      text += `x=callLoose(vm,${this.constant(def)},${this.constant(onSlices)},${g});${this.setLoose(p3)}`;
      if (open !== '') text += '}';
      this.put(text);
      this.store(p3, STORED | LAZY);
      return true;
    }
    for (let i = 0; i < argCount; i++) {
      const arg = p2 + i;
      const value = this.box(arg);
      const cleared = (this.mask(arg) & CLEARED_NULL) !== 0;
      text += cleared
        ? `x=${value};${g}.args[${i}]=x===CLEARED?null:x;`
        : `${g}.args[${i}]=${value};`;
    }
    text += this.setValue(p3, `fitting(vm,${this.constant(def)}.call(${g}.args,${g}))`);
    if (open !== '') text += '}';
    this.put(text);
    this.store(p3, open !== '' && form?.result === 'text' ? STORED | LAZY : STORED);
    return true;
  }

  /** The context of the call at hand in its local. */
  private callContext(op: Instruction): string {
    this.calls.add(this.pc);
    const g = `g${this.pc}`;
    return `if(${g}===null){f.pc=${this.pc};${g}=vm.context(f,C[${this.pc}],${this.constant(op.p4)})}`;
  }

  /** A register's value, or the text on a page as the slice that `lend` makes. */
  private loose(register: number, lend: string): string {
    const box = this.box(register);
    const value = (this.mask(register) & CLEARED_NULL) === 0 ? box : `uncleared(${box})`;
    if (!this.isLocal(register) || (this.mask(register) & LAZY) === 0) return value;
    const i = register;
    return `${this.is(i, LAZY)}?${lend}v${i},n${i},l${i}):${value}`;
  }

  private looseArguments(op: Instruction): string {
    const { argCount } = op.p4 as FunctionCall;
    const g = `g${this.pc}`;
    let text = '';
    for (let i = 0; i < argCount; i++) {
      text += `${g}.loose[${i}]=${this.loose(op.p2 + i, `lend(${g}.slices,${i},`)};`;
    }
    return text;
  }

  /** Puts `x`, a value or a slice, into a register. */
  private setLoose(register: number): string {
    const i = register;
    const value = this.setValue(i, 'x');
    return `if(x instanceof Slice){t${i}=16;v${i}=x.bytes;n${i}=x.at;l${i}=x.length}else{${value}}`;
  }

  /** a || b */
  protected concat(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    if (this.encoding !== UTF8) return false;
    const left = this.loose(p2, 'lend(joined,0,');
    const right = this.loose(p1, 'lend(joined,1,');
    this.put(`x=join(vm,${left},${right});${this.setLoose(p3)}`);
    this.store(p3, STORED | LAZY);
    return true;
  }

  protected bytesCall(
    base: number,
    argCount: number,
    form: NonNullable<ReturnType<typeof bytesForm>>,
  ): ((d: Uint8Array, at: number, n: number) => number) | null {
    const constants: SqlValue[] = [];
    for (let i = 0; i < argCount; i++) {
      const op = i === form.argument ? null : this.constantIn(base + i);
      if (op === null && i !== form.argument) return null;
      if (op === null) constants.push(null);
      else constants.push(op.opcode === Opcode.Integer ? op.p1 : (op.p4 as SqlValue));
    }
    if ((this.mask(base + form.argument) & LAZY) === 0) return null;
    return form.make(constants);
  }

  /**
   * MakeRecord, field by field from locals, when all affinities leave their values alone. A record that
   * only goes into a sorter is not made an array of its own.
   */
  protected makeRecord(op: Instruction): void {
    const { p1, p2, p3 } = op;
    const letters = typeof op.p4 === 'string' ? op.p4 : '';
    const after = this.a.live[this.pc + 1];
    const conditions: string[] = [];
    const puts: string[] = [];
    for (let i = 0; i < p2; i++) {
      const register = p1 + i;
      this.fetch(register);
      const letter = i < letters.length ? letters.charCodeAt(i) : Affinity.Blob;
      const live = after !== undefined && isLive(after, register);
      const condition = this.keeps(register, letter, live);
      if (condition !== 'true') conditions.push(condition);
      puts.push(this.putField(register, letter));
    }
    const insert = this.taker(p3, Opcode.SorterInsert);
    const find = this.taker(p3, Opcode.GroupFind);
    const entry = this.taker(p3, Opcode.IdxInsert);
    const { automatic, hashed } = this.a.effects;
    const toSet = entry !== null && hashed.has(entry.p1);
    const indexed = entry !== null && (toSet || automatic.has(entry.p1)) ? entry : null;
    if (conditions.includes('false')) {
      this.handler(op);
      return;
    }
    this.wholeToIntBy(letters, p1, p2);
    if (conditions.length > 0) this.put(`if(${conditions.join('&&')}){`);
    const encode = `E.begin(${p2});${puts.join('')}y=E.end();if(y>vm.host.maxLength)tooBig();`;
    const groups = find === null ? '' : `c${find.p1}.groups`;
    if (find !== null) {
      this.cursorLocals(find.p1);
      const other = `{${encode}y=${groups}.find(E.buffer,y);}`;
      this.put(p2 === 1 ? this.findOne(p1, groups, other) : other);
    } else this.put(encode);
    if (find !== null) {
      // Its place is in y.
    } else if (insert !== null) {
      this.cursorLocals(insert.p1);
      this.put(`c${insert.p1}.sorter.insert(E.buffer,y);`);
    } else if (indexed !== null) {
      const { p1: cursor, opcode } = indexed;
      this.cursorLocals(cursor);
      this.put(
        toSet
          ? `if(!c${cursor}.set.add(E.buffer,y)){`
          : `if(c${cursor}.building!==null)c${cursor}.building.insert(E.buffer,y);else{`,
      );
      // The handler may look at the key's registers, too.
      for (let i = 0; i < p2; i++) this.spill(p1 + i);
      this.put(`r[${p3}]=copyBytes(E.buffer,0,y);f.pc=${this.pc + 1};`);
      this.put(`H[${opcode}](vm,C[${this.pc + 1}],r,f);}`);
    } else if (this.a.passing?.[this.pc] === 1) {
      this.put(`r[${p3}]=vm.host.rowListener===null?passing(vm,y):copyBytes(E.buffer,0,y);`);
    } else {
      this.put(`r[${p3}]=copyBytes(E.buffer,0,y);`);
    }
    if (conditions.length > 0) {
      this.put('}else{');
      for (let i = 0; i < p2; i++) this.spill(p1 + i);
      this.put(`f.pc=${this.pc};H[${op.opcode}](vm,C[${this.pc}],r,f);`);
      for (let i = 0; i < p2; i++) {
        const register = p1 + i;
        const changes = i < letters.length && letters.charCodeAt(i) > Affinity.Blob;
        const live = after !== undefined && isLive(after, register);
        if (changes && live && this.isLocal(register))
          this.put(this.setValue(register, `r[${register}]`));
      }
      if (insert !== null) this.put(`c${insert.p1}.sorter.insert(r[${p3}]);`);
      if (find !== null) this.put(`y=${groups}.find(r[${p3}],r[${p3}].length);`);
      if (indexed !== null)
        this.put(`f.pc=${this.pc + 1};H[${indexed.opcode}](vm,C[${this.pc + 1}],r,f);`);
      this.put('}');
    }
    const taken = insert ?? find ?? indexed;
    if (taken === null && this.isLocal(p3)) this.put(this.setOther(p3, `r[${p3}]`));
    this.afterMove(op);
    this.advance(op);
    if (taken !== null) {
      this.pc++;
      if (taken === indexed) {
        this.settleTexts(this.pc);
        this.afterMove(taken);
      }
      this.advance(taken);
    }
    if (find !== null) {
      const { functions, states, known, place } = find.p4 as GroupShape;
      this.branch('y<0', find.p2);
      this.put(`x=${groups}.slots;`);
      functions.forEach((_, i) => {
        const value = i === 0 ? 'x[y]' : `x[y+${i}]`;
        this.put(
          this.isLocal(states + i)
            ? this.setOther(states + i, value)
            : `r[${states + i}]=${value};`,
        );
      });
      if (place > 0) this.put(this.isLocal(place) ? this.setInt(place, 'y') : `r[${place}]=y;`);
      const isKnown = `${groups}.isNew?0:1`;
      if (known > 0)
        this.put(this.isLocal(known) ? this.setInt(known, isKnown) : `r[${known}]=${isKnown};`);
    }
  }

  /** The instruction behind, if it is of that opcode and alone in need of the record in `register`. */
  private taker(register: number, opcode: Opcode): Instruction | null {
    const pc = this.pc + 1;
    const op = this.a.code[pc];
    if (op === undefined || op.opcode !== opcode || this.a.leader[pc] === 1 || !this.inside(pc))
      return null;
    if ((opcode === Opcode.GroupFind ? op.p3 : op.p2) !== register) return null;
    return this.a.next[pc]!.some((t) => isLive(this.a.live[t]!, register)) ? null : op;
  }

  /** The place of the group whose key is the one register, into y. `other` finds it by a record. */
  private findOne(register: number, groups: string, other: string): string {
    const m = this.mask(register);
    let text = '';
    for (const tag of [INT, REAL]) {
      if ((m & tag) === 0) continue;
      const found = `y=${groups}.findNumber(${this.num(register)},${tag === REAL});`;
      text += `if(${this.is(register, tag)})${found}else `;
    }
    if ((m & LAZY) !== 0) {
      const found = `y=${groups}.findText(v${register},n${register},l${register});`;
      text += `if(${this.is(register, LAZY)})${found}else `;
    }
    return text + other;
  }

  /** GroupLoad: the slots of the group into locals. */
  protected groupLoad(op: Instruction): void {
    const { functions, states, kept } = op.p4 as GroupShape;
    this.cursorLocals(op.p1);
    this.put(`y=c${op.p1}.sorter.number*${functions.length + kept.length};`);
    const slots = `c${op.p1}.groups.slots`;
    functions.forEach((_, i) => {
      const [register, value] = [states + i, `${slots}[y+${i}]`];
      this.put(
        this.isLocal(register) ? this.setOther(register, value) : `r[${register}]=${value};`,
      );
    });
    kept.forEach((register, i) => {
      const value = `${slots}[y+${functions.length + i}]`;
      this.put(
        this.isLocal(register) ? this.setValue(register, value) : `r[${register}]=${value};`,
      );
    });
  }

  /** A REAL without a fraction becomes an INTEGER, as numeric affinity makes it; -0.0 becomes 0. */
  protected wholeToInt(register: number): void {
    const m = this.mask(register);
    if ((m & REAL) === 0 || (m & INT) === 0 || this.constantIn(register) !== null) return;
    const [t, n] = [`t${register}`, `n${register}`];
    this.put(`if(${t}===${REAL}&&Number.isSafeInteger(${n})){${t}=${INT};${n}+=0}`);
  }

  private wholeToIntBy(letters: string, first: number, count: number): void {
    for (let i = 0; i < count && i < letters.length; i++) {
      const letter = letters.charCodeAt(i);
      const numeric = letter === Affinity.Numeric || letter === Affinity.Integer;
      if (numeric && this.isLocal(first + i)) this.wholeToInt(first + i);
    }
  }

  /** Affinity: a call only where it would change something. */
  protected affinity(op: Instruction): void {
    const letters = op.p4 as string;
    this.wholeToIntBy(letters, op.p1, op.p2);
    const conditions: string[] = [];
    for (let i = 0; i < op.p2 && i < letters.length; i++) {
      if (!this.isLocal(op.p1 + i)) conditions.push('false');
      else conditions.push(this.keeps(op.p1 + i, letters.charCodeAt(i), true));
    }
    const open = conditions.filter((c) => c !== 'true');
    if (open.includes('false')) {
      this.handler(op);
      return;
    }
    if (open.length > 0) {
      this.put(`if(!(${open.join('&&')})){`);
      this.inlineHandler(
        op,
        Array.from({ length: op.p2 }, (_, i) => op.p1 + i),
      );
      this.put('}');
    }
    this.advance(op);
  }

  /** A condition: the affinity leaves the register's value as it is. */
  protected keeps(register: number, letter: number, live: boolean): string {
    const m = this.mask(register);
    const i = register;
    switch (letter) {
      case Affinity.Text: {
        const fine = this.is(register, ANY_NULL | LAZY);
        if ((m & OTHER) === 0 || fine === 'true') return fine;
        return `(${fine}||${this.is(register, OTHER)}&&typeof v${i}==='string')`;
      }
      case Affinity.Real: {
        // A whole number stays marked in the register; that is the handler's business.
        if (!live) return this.is(register, ANY_NULL | NUMBER);
        const fine = this.is(register, ANY_NULL);
        if ((m & REAL) === 0) return fine;
        return `(${fine}||${this.is(register, REAL)}&&Math.trunc(n${i})!==n${i})`;
      }
      case Affinity.Numeric:
      case Affinity.Integer:
      case Affinity.Flexnum: {
        const fine = this.is(register, ANY_NULL | INT);
        if ((m & REAL) === 0 || fine === 'true') return fine;
        return `(${fine}||${this.is(register, REAL)}&&Math.trunc(n${i})!==n${i})`;
      }
      default:
        // An IntReal wants to be stored as its affinity said.
        return (m & OTHER) === 0
          ? 'true'
          : `!(${this.is(register, OTHER)}&&v${i} instanceof IntReal)`;
    }
  }

  protected putField(register: number, letter: number): string {
    const m = this.mask(register);
    const i = register;
    const real = letter === Affinity.Real;
    const parts: string[] = [];
    if ((m & INT) !== 0)
      parts.push(`if(${this.is(i, INT)})E.${real ? 'putRealColumn' : 'putInt'}(${this.num(i)});`);
    if ((m & REAL) !== 0)
      parts.push(`if(${this.is(i, REAL)})E.${real ? 'putRealColumn' : 'putReal'}(${this.num(i)});`);
    if ((m & LAZY) !== 0) parts.push(`if(${this.is(i, LAZY)})E.putText(v${i},n${i},l${i});`);
    if ((m & OTHER) !== 0) {
      const op = this.constantIn(i);
      parts.push(
        `if(${this.is(i, OTHER)})E.putValue(${op === null ? `v${i}` : this.constantValue(op)});`,
      );
    }
    if (parts.length === 0) return 'E.putNull();';
    const text = parts.join('else ');
    return (m & ANY_NULL) !== 0 ? `${text}else E.putNull();` : text;
  }

  protected aggregate(op: Instruction): boolean {
    const call = op.p4 as FunctionCall;
    const { def } = call;
    if (op.p1 !== 0 || def.kind !== 'aggregate' || def.user === true) return false;
    const { direct } = def;
    const stepSlices = this.encoding === UTF8 ? stepForm(def) : undefined;
    const loose = stepSlices !== undefined;
    if ((direct === undefined && !loose) || !this.isLocal(op.p3)) return false;
    const before = this.a.code[this.pc - 1];
    if (before !== undefined && before.opcode === Opcode.CollSeq && before.p1 > 0) return false;
    const state = op.p3;
    const m = this.mask(state);
    const k = this.constant(def);
    const step = direct === undefined ? '' : this.constant(direct);
    const fresh = `if(!(${this.is(state, OTHER)})){${this.setOther(state, `${k}.init()`)}}`;
    const start = (m & ~OTHER) === 0 ? '' : fresh;
    if (call.argCount === 0) {
      this.put(`${start}${step}.row(v${state});`);
      return true;
    }
    const arg = op.p2;
    this.fetch(arg);
    const slow = loose
      ? `${this.callContext(op)}${this.looseArguments(op)}${this.constant(stepSlices)}(v${state},g${this.pc}.loose,g${this.pc});`
      : '';
    if (direct === undefined) {
      this.put(start + slow);
      return true;
    }
    let text = start;
    const am = this.mask(arg);
    if ((am & INT) !== 0)
      text += `if(${this.is(arg, INT)})${step}.int(v${state},${this.num(arg)});else `;
    if ((am & REAL) !== 0)
      text += `if(${this.is(arg, REAL)})${step}.real(v${state},${this.num(arg)});else `;
    if ((am & ANY_NULL) !== 0) text += `if(${this.is(arg, ANY_NULL)});else `;
    if (loose) {
      this.put(`${text}{${slow}}`);
      return true;
    }
    this.put(`${text}{`);
    this.spill(arg);
    this.put(`r[${state}]=v${state};f.pc=${this.pc};H[${op.opcode}](vm,C[${this.pc}],r,f)}`);
    return true;
  }
}
