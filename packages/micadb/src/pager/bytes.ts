/** Big-endian integers and buffers, as the pager needs them. */

export function get4(d: Uint8Array, i: number): number {
  return ((d[i]! << 24) | (d[i + 1]! << 16) | (d[i + 2]! << 8) | d[i + 3]!) >>> 0;
}

export function put4(d: Uint8Array, i: number, v: number): void {
  d[i] = v >>> 24;
  d[i + 1] = v >>> 16;
  d[i + 2] = v >>> 8;
  d[i + 3] = v;
}

interface BufferLike {
  allocUnsafeSlow(size: number): Uint8Array;
}

const NodeBuffer = (globalThis as { Buffer?: BufferLike }).Buffer;

/** Uninitialized bytes where the platform has them; a Buffer on Node. */
export function allocate(size: number): Uint8Array {
  return NodeBuffer === undefined ? new Uint8Array(size) : NodeBuffer.allocUnsafeSlow(size);
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

export function encodeName(name: string): Uint8Array {
  return utf8Encoder.encode(name);
}
export function decodeName(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}
