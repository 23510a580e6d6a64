/**
 * How the basic blocks of a region are laid out in a language without goto.
 *
 * Blocks stand in the order of their addresses. A jump forward is a `break` out of a labelled block that
 * ends where the target begins. A loop is a contiguous range of blocks that is entered at its head only; it
 * becomes a `for (;;)` of its own, and the jump back a `continue`. Everything else (an entry from outside, a
 * computed jump, a jump back into the middle of something) sets `b` to the block's number and goes through
 * the `switch` at the top of the outermost loop and of those around the target.
 *
 * Invariant: `b` is -1 but on the way from such a jump to its target.
 */
import { opcodes } from '../table.ts';
import type { Analysis } from './analysis.ts';

interface Loop {
  readonly head: number;
  /** Address of the last instruction. */
  readonly tail: number;
}

export class Layout {
  /** Numbers of the blocks by the address they begin at; -1 elsewhere. */
  readonly blocks: Int32Array;
  private readonly starts: number[] = [];
  private readonly loops = new Map<number, Loop>();
  private readonly dispatched = new Set<number>();

  constructor(
    private readonly a: Analysis,
    private readonly region: Uint8Array,
    entries: Uint8Array,
    /** Addresses that computed jumps lead to. */
    computed: ReadonlySet<number>,
  ) {
    const { code, leader } = a;
    this.blocks = new Int32Array(code.length + 1).fill(-1);
    for (let pc = 0; pc < code.length; pc++) {
      if (region[pc] !== 1 || leader[pc] !== 1) continue;
      this.blocks[pc] = this.starts.length;
      this.starts.push(pc);
    }
    this.findLoops();
    for (const pc of this.starts) {
      if (entries[pc] === 1 || computed.has(pc)) this.dispatched.add(pc);
    }
    for (let pc = 0; pc < code.length; pc++) {
      if (region[pc] !== 1) continue;
      for (const t of a.next[pc]!) {
        if (t <= pc && region[t] === 1 && !this.isLoopOf(t, pc)) this.dispatched.add(t);
      }
    }
  }

  private findLoops(): void {
    const { next, loopHead } = this.a;
    const found: Loop[] = [];
    for (const head of this.starts) {
      if (loopHead[head] !== 1) continue;
      let tail = -1;
      for (let pc = head; pc < next.length; pc++) {
        if (this.region[pc] === 1 && next[pc]!.includes(head)) tail = pc;
      }
      if (tail < 0) continue;
      let clean = true;
      for (let pc = 0; pc < next.length && clean; pc++) {
        if (this.region[pc] !== 1 || (pc >= head && pc <= tail)) continue;
        for (const t of next[pc]!) {
          // Computed jumps go through the switches and may lead anywhere.
          if (t > head && t <= tail && !opcodes[this.a.code[pc]!.opcode]!.indirect) clean = false;
        }
      }
      for (let pc = head; pc <= tail && clean; pc++)
        if (this.region[pc] !== 1 && this.blocks[pc] >= 0) clean = false;
      if (clean) found.push({ head, tail });
    }
    // One inside the other, or apart; of two that overlap the shorter one stays.
    found.sort((x, y) => x.tail - x.head - (y.tail - y.head));
    for (const loop of found) {
      let fits = true;
      for (const other of this.loops.values()) {
        const apart = other.tail < loop.head || other.head > loop.tail;
        const inside = other.head > loop.head && other.tail <= loop.tail;
        if (!apart && !inside) fits = false;
      }
      // The next block must not begin inside.
      if (fits) this.loops.set(loop.head, loop);
    }
  }

  /** True when `head` is the head of a loop that holds `pc`. */
  isLoopOf(head: number, pc: number): boolean {
    const loop = this.loops.get(head);
    return loop !== undefined && pc >= head && pc <= loop.tail;
  }

  /** The statement that jumps from `pc` to `target`. */
  jump(pc: number, target: number): string {
    if (target > pc) return `break B${this.blocks[target]};`;
    if (this.isLoopOf(target, pc)) return `continue L${this.blocks[target]};`;
    return this.dispatch(target);
  }

  /** The statement that jumps to `target` from wherever it stands. */
  dispatch(target: number): string {
    return `b=${this.blocks[target]};continue L;`;
  }

  /** Puts the code of the blocks together. */
  assemble(text: ReadonlyMap<number, string>): string {
    return `L:for(;;){${this.range(this.starts, null, text)}}`;
  }

  private range(
    starts: readonly number[],
    own: Loop | null,
    text: ReadonlyMap<number, string>,
  ): string {
    // Children: blocks, and loops by their heads.
    const children: { start: number; loop: Loop | null; members: number[] }[] = [];
    for (let i = 0; i < starts.length; ) {
      const start = starts[i]!;
      const loop = this.loops.get(start) ?? null;
      if (loop === null || loop === own) {
        children.push({ start, loop: null, members: [start] });
        i++;
        continue;
      }
      const members: number[] = [];
      while (i < starts.length && starts[i]! <= loop.tail) members.push(starts[i++]!);
      children.push({ start, loop, members });
    }
    let open = '';
    let cases = '';
    children.forEach(({ start, members }) => {
      open = `B${this.blocks[start]}:{${open}`;
      for (const m of members) {
        if (this.dispatched.has(m)) cases += `case ${this.blocks[m]}:break B${this.blocks[start]};`;
      }
    });
    if (cases !== '') open += `switch(b){${cases}}`;
    let out = open;
    for (const { start, loop, members } of children) {
      out += '}\n';
      if (loop === null) {
        if (this.dispatched.has(start)) out += 'b=-1;';
        out += text.get(start) ?? '';
      } else {
        out += `L${this.blocks[start]}:for(;;){${this.range(members, loop, text)}break;}`;
      }
    }
    return out;
  }
}
