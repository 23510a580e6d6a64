/** What several virtual file systems share: randomness, sleeping, hexadecimal names. */

interface WebCrypto {
  getRandomValues(buf: Uint8Array): Uint8Array;
}

/** Fills `buf` with random bytes, of cryptographic quality where the platform has it. */
export function fillRandom(buf: Uint8Array): void {
  const crypto = (globalThis as { crypto?: WebCrypto }).crypto;
  if (crypto === undefined) {
    for (let i = 0; i < buf.length; i++) buf[i] = Math.floor(Math.random() * 256);
    return;
  }
  // getRandomValues takes at most 65,536 bytes at a time.
  for (let i = 0; i < buf.length; i += 65536) crypto.getRandomValues(buf.subarray(i, i + 65536));
}

export function randomHex(bytes: number): string {
  const buf = new Uint8Array(bytes);
  fillRandom(buf);
  let s = '';
  for (const b of buf) s += b.toString(16).padStart(2, '0');
  return s;
}

/** Blocks this thread for `ms` milliseconds. */
export function sleepSync(ms: number): void {
  if (ms <= 0) return;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  } catch {
    // A browser's main thread may not wait: spin.
    const end = Date.now() + ms;
    while (Date.now() < end);
  }
}
