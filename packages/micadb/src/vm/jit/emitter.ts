import { Opcode } from '../opcode.ts';
import type { Instruction } from '../types.ts';
import { NEXT, ROW, TIER } from '../vm.ts';
import { ANY_NULL, INT, isLive, LAZY, NULL, NUMBER, OTHER } from './analysis.ts';
import { MAX } from './expressions.ts';
import { Moves } from './moves.ts';

export interface Emitted {
  readonly source: string;
  readonly constants: readonly unknown[];
  /** Addresses at which the function may be entered. */
  readonly entries: Uint8Array;
}

export class Emitter extends Moves {
  private instruction(op: Instruction): void {
    const { p1, p2, p3 } = op;
    if (this.a.effects.disturbs(op)) this.settleTexts(this.pc);
    switch (op.opcode) {
      case Opcode.Noop:
      case Opcode.Explain:
      case Opcode.ReleaseReg:
      case Opcode.Abortable:
      case Opcode.ColumnsUsed:
        break;
      case Opcode.Init:
        if (p2 !== 0) this.jump(p2);
        break;
      case Opcode.Goto:
        this.jump(p2);
        break;
      case Opcode.Gosub:
        this.put(`${this.setInt(p1, String(this.pc))}`);
        this.store(p1, INT);
        this.advance(op);
        this.jump(p2);
        return;
      case Opcode.InitCoroutine:
        this.put(this.setInt(p1, String(p3 - 1)));
        this.store(p1, INT);
        this.advance(op);
        if (p2 !== 0) this.jump(p2);
        return;
      case Opcode.Return: {
        this.fetch(p1);
        const m = this.mask(p1);
        if (p3 === 0) {
          this.computedJump(`n${p1}+1`);
        } else if ((m & INT) !== 0) {
          this.put(`if(${this.is(p1, INT)}){`);
          this.computedJump(`n${p1}+1`);
          this.put('}');
        }
        break;
      }
      case Opcode.Yield:
        this.fetch(p1);
        this.put(`y=n${p1};${this.setInt(p1, String(this.pc))}`);
        this.store(p1, INT);
        this.advance(op);
        this.computedJump('y+1');
        return;
      case Opcode.EndCoroutine:
        this.fetch(p1);
        this.put(`y=C[n${p1}].p2;${this.setInt(p1, String(this.pc - 1))}`);
        this.store(p1, INT);
        this.advance(op);
        this.computedJump('y');
        return;
      case Opcode.Integer:
      case Opcode.Real:
      case Opcode.String8:
      case Opcode.Blob: {
        const value = op.opcode === Opcode.Integer ? String(p1) : this.constant(op.p4);
        this.put(`r[${p2}]=${value};`);
        if (!this.isLocal(p2)) break;
        if (op.opcode === Opcode.Integer) this.put(this.setInt(p2, String(p1)));
        else if (op.opcode === Opcode.Real) this.put(this.setReal(p2, `${value}.value`));
        else this.put(this.setOther(p2, value));
        break;
      }
      case Opcode.Int64:
        this.put(
          this.isLocal(p2)
            ? this.setValue(p2, this.constant(op.p4))
            : `r[${p2}]=${this.constant(op.p4)};`,
        );
        break;
      case Opcode.Null:
        for (let i = p2; i <= Math.max(p2, p3); i++) this.nullInto(i, p1 !== 0);
        break;
      case Opcode.SoftNull:
        this.nullInto(p1, false);
        break;
      case Opcode.BeginSubrtn:
        this.nullInto(p2, false);
        break;
      case Opcode.Variable:
        if (this.isLocal(p2)) this.put(this.setValue(p2, `vm.params[${p1 - 1}]`));
        else this.put(`r[${p2}]=vm.params[${p1 - 1}];`);
        break;
      case Opcode.SCopy:
      case Opcode.IntCopy:
        this.copy(p1, p2);
        break;
      case Opcode.Copy:
        if (op.p5 !== 0) {
          this.handler(op);
          return;
        }
        for (let i = 0; i <= p3; i++) this.copy(p1 + i, p2 + i);
        break;
      case Opcode.ResultRow: {
        const values: string[] = [];
        for (let i = 0; i < p2; i++) values.push(this.plain(p1 + i));
        this.put('y=vm.take;if(y===null){');
        for (let i = 0; i < p2; i++) this.spill(p1 + i);
        this.spillLive(this.pc + 1);
        this.put(
          `vm.rowStart=${p1};vm.rowCount=${p2};f.pc=${this.pc + 1};vm.budget=k;return ${ROW};}`,
        );
        this.put(`y(vm.rows,${values.join(',')});`);
        break;
      }
      case Opcode.Column:
        this.column(op);
        break;
      case Opcode.Eq:
      case Opcode.Ne:
      case Opcode.Lt:
      case Opcode.Le:
      case Opcode.Gt:
      case Opcode.Ge:
        this.compare(op);
        break;
      case Opcode.Jump:
        this.put('x=vm.compare;');
        this.branch('x<0', p1);
        this.branch('x===0', p2);
        this.jump(p3);
        break;
      case Opcode.ElseEq:
        this.branch('vm.compare===0', p2);
        break;
      case Opcode.Once:
        this.branch(`f.once[${this.pc}]!==0`, p2);
        this.put(`f.once[${this.pc}]=1;`);
        break;
      case Opcode.If:
      case Opcode.IfNot: {
        this.fetch(p1);
        this.put(this.truth(p1, 'x'));
        const wanted = op.opcode === Opcode.If ? 'x===1' : 'x===0';
        this.branch(p3 !== 0 ? `x<0||${wanted}` : wanted, p2);
        break;
      }
      case Opcode.IsNull:
        this.fetch(p1);
        this.branch(this.is(p1, ANY_NULL), p2);
        break;
      case Opcode.NotNull: {
        this.fetch(p1);
        const m = this.mask(p1);
        const isNull = this.is(p1, ANY_NULL);
        this.branch(
          (m & ANY_NULL) === 0 ? 'true' : isNull === 'true' ? 'false' : `!(${isNull})`,
          p2,
        );
        break;
      }
      case Opcode.Add:
      case Opcode.Subtract:
      case Opcode.Multiply:
      case Opcode.Divide:
      case Opcode.Remainder:
        this.arithmetic(op);
        break;
      case Opcode.BitAnd:
      case Opcode.BitOr:
        this.bits(op);
        break;
      case Opcode.ShiftLeft:
      case Opcode.ShiftRight:
        this.fetch(p1);
        this.fetch(p2);
        this.put(this.setValue(p3, `arithmetic(${op.opcode},${this.box(p1)},${this.box(p2)})`));
        this.store(p3, NULL | INT | OTHER);
        break;
      case Opcode.And:
      case Opcode.Or:
        this.logic(op);
        break;
      case Opcode.Not:
        this.fetch(p1);
        this.put(
          `${this.truth(p1, 'x')}if(x<0){${this.setNull(p2)}}else{${this.setInt(p2, '1-x')}}`,
        );
        this.store(p2, NULL | INT);
        break;
      case Opcode.AddImm: {
        if (!this.isLocal(p1)) {
          this.handler(op);
          return;
        }
        this.put(
          `if(${this.is(p1, INT)}&&(x=n${p1}+${p2})<=${MAX}&&x>=-${MAX}){${this.setInt(p1, 'x')}}else{`,
        );
        this.inlineHandler(op, [p1]);
        this.put('}');
        break;
      }
      case Opcode.MustBeInt: {
        if (!this.isLocal(p1)) {
          this.handler(op);
          return;
        }
        if (this.mask(p1) === INT) break;
        this.wholeToInt(p1);
        this.put(`x=${NEXT};if(!(${this.is(p1, INT)})){`);
        this.inlineHandler(op, [p1]);
        this.put('}');
        this.advance(op);
        if (p2 !== 0) this.branch('x>=0', p2);
        return;
      }
      case Opcode.RealAffinity: {
        if (!this.isLocal(p1)) {
          this.put(
            `x=r[${p1}];if(typeof x==='number'||typeof x==='bigint')r[${p1}]=new Real(Number(x));else if(x instanceof IntReal)r[${p1}]=new Real(x.value);`,
          );
          break;
        }
        const m = this.mask(p1);
        if ((m & INT) !== 0) this.put(`if(${this.is(p1, INT)})t${p1}=4;`);
        if ((m & OTHER) !== 0) {
          this.put(
            `${(m & INT) !== 0 ? 'else ' : ''}if(${this.is(p1, OTHER)}){if(typeof v${p1}==='bigint'){t${p1}=4;n${p1}=Number(v${p1})}else if(v${p1} instanceof IntReal){t${p1}=4;n${p1}=v${p1}.value}}`,
          );
        }
        break;
      }
      case Opcode.IfPos:
        if (!this.isLocal(p1)) {
          this.put(
            `x=r[${p1}];y=false;if(typeof x==='number'){if(x>0){r[${p1}]=x-${p3};y=true}}else if(typeof x==='bigint'&&x>0n)y=true;`,
          );
        } else {
          this.put(
            `y=false;if(${this.is(p1, INT)}){if(n${p1}>0){n${p1}-=${p3};y=true}}else if(${this.is(p1, OTHER)}&&typeof v${p1}==='bigint'&&v${p1}>0n)y=true;`,
          );
        }
        this.advance(op);
        this.branch('y', p2);
        return;
      case Opcode.DecrJumpZero:
        if (!this.isLocal(p1)) {
          this.put(`x=r[${p1}];y=false;if(typeof x==='number'){r[${p1}]=x-1;y=x===1}`);
        } else {
          this.put(`y=false;if(${this.is(p1, INT)}){n${p1}-=1;y=n${p1}===0}`);
        }
        this.advance(op);
        this.branch('y', p2);
        return;
      case Opcode.IfNotZero: {
        const number = this.isLocal(p1) ? this.is(p1, INT) : `typeof (x=r[${p1}])==='number'`;
        const value = this.isLocal(p1) ? `n${p1}` : `r[${p1}]`;
        this.put(
          `if(${number}){x=${NEXT};if(${value}!==0){if(${value}>0)${value}-=1;x=${p2}}}else{`,
        );
        this.inlineHandler(op, [p1]);
        this.put('}');
        this.advance(op);
        this.branch('x>=0', p2);
        return;
      }
      case Opcode.Sequence:
        this.cursorLocals(p1);
        this.put(`x=c${p1}.sequence++;`);
        if (this.isLocal(p2)) this.put(this.setInt(p2, 'x'));
        else this.put(`r[${p2}]=x;`);
        break;
      case Opcode.Last:
      case Opcode.Next:
      case Opcode.Prev:
      case Opcode.SorterNext:
      case Opcode.Rowid:
      case Opcode.SeekRowid:
      case Opcode.NotExists:
      case Opcode.SeekLT:
      case Opcode.SeekLE:
      case Opcode.SeekGE:
      case Opcode.SeekGT:
      case Opcode.IdxLT:
      case Opcode.IdxLE:
      case Opcode.IdxGE:
      case Opcode.IdxGT:
      case Opcode.IdxRowid:
      case Opcode.DeferredSeek:
      case Opcode.Found:
      case Opcode.NotFound:
        if (!this.move(op)) this.handler(op);
        return;
      case Opcode.Affinity:
        this.affinity(op);
        return;
      case Opcode.MakeRecord:
        this.makeRecord(op);
        return;
      case Opcode.SorterData:
        if (this.a.sorterOf.get(p3) !== p1 || !this.rows.plans.has(p3)) {
          this.handler(op);
          return;
        }
        this.put(`s${p3}=0;`);
        this.cursorLocals(p3);
        break;
      case Opcode.Compare:
        if (!this.compareRows(op)) {
          this.handler(op);
          return;
        }
        break;
      case Opcode.Function:
      case Opcode.PureFunc:
        if (this.call(op)) break;
        this.handler(op);
        return;
      case Opcode.Concat:
        if (this.concat(op)) break;
        this.handler(op);
        return;
      case Opcode.GroupLoad:
        this.groupLoad(op);
        break;
      case Opcode.AggStep:
        if (this.aggregate(op)) break;
        this.handler(op);
        return;
      default:
        this.handler(op);
        return;
    }
    this.advance(op);
  }

  /** The register's value as `Execution.collect` gives it. */
  private plain(register: number): string {
    const i = register;
    if (!this.isLocal(register)) return `plain(vm,r[${i}])`;
    const op = this.constantIn(register);
    if (op !== null) return op.opcode === Opcode.String8 ? this.box(i) : this.num(i);
    const m = this.mask(register);
    const parts: string[] = [];
    if ((m & NUMBER) !== 0) parts.push(`${this.is(i, NUMBER)}?n${i}:`);
    if ((m & LAZY) !== 0) parts.push(`${this.is(i, LAZY)}?plain(vm,text(v${i},n${i},l${i})):`);
    if ((m & OTHER) !== 0) parts.push(`${this.is(i, OTHER)}?plain(vm,v${i}):`);
    return `(${parts.join('')}null)`;
  }

  /** Writes it all. */
  emit(): Emitted {
    const { code, leader } = this.a;
    const text = new Map<number, string>();
    let start = 0;
    for (let pc = 0; pc < code.length; pc++) {
      if (!this.inside(pc)) continue;
      this.pc = pc;
      if (leader[pc] === 1) {
        this.types = this.a.types[pc]!.slice();
        ({ stages: this.stages, held: this.held } = this.rows.at(pc));
        start = pc;
      }
      this.instruction(code[pc]!);
      pc = this.pc;
      const next = pc + 1;
      const goesOn = next < code.length && this.a.next[pc]!.includes(next);
      if (goesOn && !this.inside(next)) this.leave(next, TIER);
      if (!this.inside(next) || leader[next] === 1) {
        text.set(start, this.out.join('\n'));
        this.out.length = 0;
      }
    }

    // Entries: what is live there comes from the frame.
    this.out.length = 0;
    for (let pc = 0; pc < code.length; pc++) {
      if (this.rows.entries[pc] !== 1) continue;
      this.put(`case ${pc}:`);
      this.types = this.a.types[pc]!;
      const live = this.a.live[pc]!;
      for (let r = 1; r <= this.a.registerCount; r++) {
        if (!this.isLocal(r) || !isLive(live, r) || !this.used.has(r)) continue;
        if (this.constantIn(r) !== null) {
          const op = this.constantIn(r)!;
          if (op.opcode === Opcode.Integer) this.put(`t${r}=2;n${r}=${op.p1};`);
          else if (op.opcode === Opcode.Real)
            this.put(`t${r}=4;n${r}=${this.constantValue(op)}.value;`);
          else this.put(`t${r}=8;v${r}=${this.constantValue(op)};`);
        } else {
          this.put(this.setValue(r, `r[${r}]`));
        }
      }
      this.put(`b=${this.layout.blocks[pc]};break;`);
    }
    const entry = this.out.join('\n');

    const declare: string[] = [];
    for (const r of this.used) declare.push(`t${r}=1,n${r}=0,v${r}=null,l${r}=0`);
    for (const pc of this.calls) declare.push(`g${pc}=null`);
    for (const n of this.usedCursors) {
      declare.push(`c${n}=cs[${n}]`);
      const plan = this.rows.plans.get(n);
      if (plan === undefined) continue;
      declare.push(`s${n}=0,d${n}=noBytes,p${n}=0,h${n}=0,e${n}=0,o${n}=0,z${n}=0`);
      plan.columns.forEach((_, i) => {
        declare.push(`y${n}_${i}=0,a${n}_${i}=0`);
      });
    }
    const constants = this.constants.map((_, i) => `const K${i}=K[${i}];`).join('');
    const source =
      `'use strict';${constants}\n` +
      `return function(vm,f,r,cs,pc){\nlet b=0,x=null,y=0,k=vm.budget,E=vm.encoder${declare.map((d) => `,\n${d}`).join('')};\n` +
      `switch(pc){\n${entry}\ndefault:return ${TIER};}\n${this.layout.assemble(text)}\n}`;
    return { source, constants: this.constants, entries: this.rows.entries };
  }
}
