/** The code of instructions that move cursors and say where they stand. */
import { Affinity, UTF8 } from '../../values/value.ts';
import { Opcode } from '../opcode.ts';
import type { Instruction } from '../types.ts';
import { NEXT } from '../vm.ts';
import { INT, LAZY, NUMBER, REAL, STORED } from './analysis.ts';
import { Expressions } from './expressions.ts';
import { UNSURE } from './seeks.ts';
import { and } from './writer.ts';

/** What `indexOrder` must be for the jump. */
const jumps: Readonly<Partial<Record<Opcode, string>>> = {
  [Opcode.IdxLT]: '<0',
  [Opcode.IdxLE]: '<=0',
  [Opcode.IdxGE]: '>=0',
  [Opcode.IdxGT]: '>0',
};

export class Moves extends Expressions {
  /** Writes the instruction, what comes after it included; false when its handler must do it. */
  protected move(op: Instruction): boolean {
    switch (op.opcode) {
      case Opcode.Next:
      case Opcode.Prev:
        return this.step(op);
      case Opcode.Last:
        return this.last(op);
      case Opcode.SorterNext: {
        const { p1, p2 } = op;
        if (this.a.effects.runsUserCode(op)) return false;
        this.cursorLocals(p1);
        this.put(`c${p1}.parsed=-1;f.pc=${this.pc};if(c${p1}.sorter.next()){c${p1}.nullRow=false;`);
        this.advance(op);
        this.jump(p2);
        this.put(`}c${p1}.nullRow=true;`);
        return true;
      }
      case Opcode.Rowid:
        return this.rowid(op);
      case Opcode.SeekRowid:
      case Opcode.NotExists:
        return this.seekRowid(op);
      case Opcode.SeekLT:
      case Opcode.SeekLE:
      case Opcode.SeekGE:
      case Opcode.SeekGT:
        return this.seek(op);
      case Opcode.IdxLT:
      case Opcode.IdxLE:
      case Opcode.IdxGE:
      case Opcode.IdxGT:
        return this.indexCompare(op);
      case Opcode.Found:
      case Opcode.NotFound:
        return this.lookup(op);
      case Opcode.IdxRowid:
        if (!this.rows.isBtree(op.p1)) return false;
        this.cursorLocals(op.p1);
        this.put(`f.pc=${this.pc};`);
        if (this.isLocal(op.p2)) this.put(this.setValue(op.p2, `entryRowid(c${op.p1})`));
        else this.put(`r[${op.p2}]=entryRowid(c${op.p1});`);
        this.advance(op);
        return true;
      case Opcode.DeferredSeek: {
        const { p1, p3, p4 } = op;
        if (!this.rows.isBtree(p1) || !this.rows.isBtree(p3)) return false;
        this.cursorLocals(p1);
        this.cursorLocals(p3);
        const map = p4 instanceof Int32Array ? this.constant(p4) : 'null';
        this.put(`f.pc=${this.pc};deferSeek(c${p3},c${p1},${map});`);
        if (this.rows.plans.has(p3)) this.put(`s${p3}=0;`);
        this.advance(op);
        return true;
      }
      default:
        return false;
    }
  }

  private step(op: Instruction): boolean {
    const { p1, p2 } = op;
    const plan = this.rows.plans.get(p1);
    if (plan !== undefined ? plan.kind !== 'btree' : !this.rows.isBtree(p1)) return false;
    this.cursorLocals(p1);
    const step = op.opcode === Opcode.Next ? 'next' : 'previous';
    this.put(
      `c${p1}.parsed=-1;${plan !== undefined ? `s${p1}=0;` : ''}if(c${p1}.bt.${step}()){c${p1}.nullRow=false;`,
    );
    this.advance(op);
    this.jump(p2);
    this.put(`}c${p1}.nullRow=true;`);
    return true;
  }

  private last(op: Instruction): boolean {
    const { p1, p2 } = op;
    if (!this.rows.isBtree(p1)) return false;
    this.cursorLocals(p1);
    this.refuse(p1);
    // An automatic index that is still collected has no tree yet.
    this.put(
      `f.pc=${this.pc};if(c${p1}.building===null){c${p1}.deferred=false;c${p1}.alt=null;c${p1}.altMap=null;c${p1}.parsed=-1;y=c${p1}.bt.last();c${p1}.nullRow=!y;x=${p2 === 0 ? NEXT : `y?${NEXT}:${p2}`}}else{`,
    );
    this.inlineHandler(op, []);
    this.put('}');
    if (this.rows.plans.has(p1)) this.put(`s${p1}=0;`);
    this.advance(op);
    if (p2 !== 0) this.branch('x>=0', p2);
    return true;
  }

  /**
   * ORDER BY with LIMIT looks at the worst row that is kept (Last), and leaves rows out that come behind it
   * (IdxLE): most of them at once, by the number that they are ordered by first.
   */
  private refuse(cursor: number): void {
    const compare = this.a.code[this.pc + 1];
    if (compare?.opcode !== Opcode.IdxLE || compare.p1 !== cursor) return;
    const key = compare.p3;
    const flags = this.rows.keyInfo(cursor)?.sortFlags[0] ?? 2;
    if (flags > 1 || !this.isLocal(key) || (this.mask(key) & NUMBER) === 0) return;
    const behind = `${this.num(key)}${flags === 1 ? '<' : '>'}c${cursor}.bt.worst`;
    this.branch(and(this.is(key, NUMBER), behind), compare.p2);
  }

  private rowid(op: Instruction): boolean {
    const { p1, p2 } = op;
    if (!this.rows.isBtree(p1)) return false;
    this.cursorLocals(p1);
    this.put(`if(!c${p1}.nullRow&&!c${p1}.deferred&&!c${p1}.bt.needsRestore){x=c${p1}.bt.rowid();`);
    if (this.isLocal(p2)) {
      this.used.add(p2);
      this.put(`if(typeof x==='number'){t${p2}=2;n${p2}=+x}else{t${p2}=8;v${p2}=x}}else{`);
    } else {
      this.put(`r[${p2}]=x}else{`);
    }
    this.inlineHandler(op, [p2]);
    this.put('}');
    this.advance(op);
    return true;
  }

  private seekRowid(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    const m = this.isLocal(p3) ? this.mask(p3) : STORED;
    if ((m & INT) === 0 || !this.rows.isBtree(p1) || !this.isLocal(p3)) return false;
    this.cursorLocals(p1);
    // A REAL without a fraction is the rowid of that number.
    const whole =
      (m & REAL) === 0 ? '' : `||${this.is(p3, REAL)}&&Number.isSafeInteger(${this.num(p3)})`;
    this.put(
      `if(${this.is(p3, INT)}${whole}){c${p1}.deferred=false;c${p1}.alt=null;c${p1}.altMap=null;c${p1}.parsed=-1;y=c${p1}.bt.seekRowid(${this.num(p3)});c${p1}.seekResult=y;c${p1}.nullRow=y!==0;x=y===0?${NEXT}:${p2};`,
    );
    if (p2 === 0) this.put(`if(y!==0)H[${op.opcode}](vm,C[${this.pc}],(r[${p3}]=n${p3},r),f);`);
    this.put('}else{');
    this.inlineHandler(op, [p3]);
    this.put('}');
    if (this.rows.plans.has(p1)) this.put(`s${p1}=0;`);
    this.advance(op);
    if (p2 !== 0) this.branch('x>=0', p2);
    return true;
  }

  /** Which keys of the instruction compiled code can seek itself: tags of an INTEGER, a text on a page. */
  private oneKey(op: Instruction): number {
    const info = this.rows.keyInfo(op.p1);
    if (info === undefined || !this.isLocal(op.p3) || this.a.effects.runsUserCode(op)) return 0;
    const m = this.mask(op.p3);
    if (info === null) return m & INT;
    // Ascending or descending, but not NULLS LAST.
    if (op.p4 !== 1 || info.sortFlags[0]! > 1) return 0;
    const byBytes = info.encoding === UTF8 && info.collations[0]!.kind === 'binary';
    return m & (byBytes ? NUMBER | LAZY : NUMBER);
  }

  /** True when the automatic index may be a hash: all that is then found equals the key. */
  private hashable(op: Instruction): boolean {
    return typeof op.p4 === 'number' && op.p4 > 0 && this.a.effects.automatic.get(op.p1) === op.p4;
  }

  /** Makes the registers a record in the encoder, its length in y. */
  private keyRecord(first: number, count: number): string {
    const puts: string[] = [];
    for (let i = first; i < first + count; i++) {
      this.fetch(i);
      puts.push(this.putField(i, Affinity.Blob));
    }
    return `E.begin(${count});${puts.join('')}y=E.end();`;
  }

  /** SeekGE in a hash. */
  private hashSeek(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    const count = op.p4 as number;
    const encode = this.keyRecord(p3, count);
    this.cursorLocals(p1);
    this.put(`if(c${p1}.tree!==null){`);
    const m = this.mask(p3);
    const isNumber = this.is(p3, NUMBER);
    if (count === 1 && (m & NUMBER) !== 0)
      this.put(`if(${isNumber})y=c${p1}.bt.seekNumber(${this.num(p3)});else `);
    if (count === 1 && (m & LAZY) !== 0)
      this.put(`if(${this.is(p3, LAZY)})y=c${p1}.bt.seekBytes(v${p3},n${p3},l${p3});else `);
    this.put(`{${encode}y=c${p1}.bt.seekRecord(E.buffer,y);}`);
    this.put(`c${p1}.parsed=-1;c${p1}.nullRow=y<0;x=y<0?${p2}:${NEXT};}else{`);
    this.inlineHandler(op, []);
    this.put('}');
    if (this.rows.plans.has(p1)) this.put(`s${p1}=0;`);
    this.advance(op);
    this.branch('x>=0', p2);
    return true;
  }

  /** Found and NotFound in a KeySet. */
  private lookup(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    const count = this.a.effects.hashed.get(p1) ?? 0;
    if (count === 0 || op.p4 !== count) return false;
    const encode = this.keyRecord(p3, count);
    this.cursorLocals(p1);
    if (count === 1 && (this.mask(p3) & INT) !== 0)
      this.put(`if(${this.is(p3, INT)})y=c${p1}.set.hasInt(${this.num(p3)});else `);
    if (count === 1 && (this.mask(p3) & LAZY) !== 0)
      this.put(`if(${this.is(p3, LAZY)})y=c${p1}.set.hasText(v${p3},n${p3},l${p3});else `);
    this.put(`{${encode}y=c${p1}.set.has(E.buffer,y);}`);
    const [held, missing] = op.opcode === Opcode.Found ? [p2, NEXT] : [NEXT, p2];
    this.put(`if(y>=0){c${p1}.nullRow=y===0;c${p1}.parsed=-1;x=y>0?${held}:${missing};}else{`);
    this.inlineHandler(op, []);
    this.put('}');
    if (this.rows.plans.has(p1)) this.put(`s${p1}=0;`);
    this.advance(op);
    this.branch('x>=0', p2);
    return true;
  }

  private seek(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    if (op.opcode === Opcode.SeekGE && this.hashable(op)) return this.hashSeek(op);
    const keys = this.oneKey(op);
    if (keys === 0) return false;
    this.cursorLocals(p1);
    const of = `c${p1},${op.opcode}`;
    this.put(`f.pc=${this.pc};`);
    if ((keys & INT) !== 0)
      this.put(`if(${this.is(p3, INT)})x=seekNumber(${of},${this.num(p3)})?${NEXT}:${p2};else `);
    if ((keys & REAL) !== 0)
      this.put(`if(${this.is(p3, REAL)})x=seekReal(${of},${this.num(p3)})?${NEXT}:${p2};else `);
    if ((keys & LAZY) !== 0)
      this.put(
        `if(${this.is(p3, LAZY)})x=seekText(${of},v${p3},n${p3},l${p3})?${NEXT}:${p2};else `,
      );
    this.put('{');
    this.inlineHandler(op, []);
    this.put('}');
    if (this.rows.plans.has(p1)) this.put(`s${p1}=0;`);
    this.advance(op);
    this.branch('x>=0', p2);
    return true;
  }

  private indexCompare(op: Instruction): boolean {
    const { p1, p2, p3 } = op;
    const keys = this.rows.keyInfo(p1) === null ? 0 : this.oneKey(op);
    const hashable = this.hashable(op);
    if (keys === 0 && !hashable) return false;
    this.cursorLocals(p1);
    this.put(hashable ? `x=c${p1}.tree!==null?-1:` : 'x=');
    if ((keys & NUMBER) !== 0)
      this.put(`${this.is(p3, keys & NUMBER)}?indexOrder(c${p1},${this.num(p3)}):`);
    if ((keys & LAZY) !== 0)
      this.put(`${this.is(p3, LAZY)}?indexTextOrder(c${p1},v${p3},n${p3},l${p3}):`);
    this.put(`${UNSURE};if(x===${UNSURE}){`);
    this.inlineHandler(op, []);
    const sign = this.rows.keyInfo(p1)?.sortFlags[0] === 1 ? '-' : '';
    this.put(`}else x=${sign}x${jumps[op.opcode]!}?${p2}:${NEXT};`);
    this.advance(op);
    this.branch('x>=0', p2);
    return true;
  }
}
