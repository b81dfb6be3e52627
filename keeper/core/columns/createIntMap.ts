/**
 * Numbers of up to 31 bits by numbers of up to 31 bits, in eight bytes an entry: a hash table with linear probing. Half of it is always free.
 * A deleted entry leaves no mark: those behind it move up.
 */
export type IntMap = {
  readonly size: () => number;
  /** −1 when it is not there. */
  readonly get: (key: number) => number;
  readonly set: (key: number, value: number) => void;
  readonly delete: (key: number) => void;
  readonly keys: () => Generator<number>;
};

const FREE = -1;
/** An odd number without a pattern: neighbouring cells come to lie far apart (Fibonacci hashing). */
const FACTOR = 0x9e3779b1;

export function createIntMap(sizeHint = 0): IntMap {
  let bits = 5;
  while (1 << bits < 2 * sizeHint) bits++;
  let keys = new Int32Array(1 << bits).fill(FREE);
  let values = new Int32Array(1 << bits);
  let size = 0;
  const home = (key: number) => Math.imul(key, FACTOR) >>> (32 - bits);

  return {
    size: () => size,
    get(key) {
      const at = find(key);
      return keys[at] === FREE ? -1 : (values[at] as number);
    },
    set(key, value) {
      let at = find(key);
      if (keys[at] === FREE) {
        if (2 * (size + 1) > keys.length) {
          grow();
          at = find(key);
        }
        keys[at] = key;
        size++;
      }
      values[at] = value;
    },
    delete(key) {
      let gap = find(key);
      if (keys[gap] === FREE) return;
      size--;
      const mask = keys.length - 1;
      for (let at = (gap + 1) & mask; keys[at] !== FREE; at = (at + 1) & mask) {
        // whoever's home lies after the gap (on the circle) is found without it
        const distance = (at - home(keys[at] as number)) & mask;
        if (distance < ((at - gap) & mask)) continue;
        keys[gap] = keys[at] as number;
        values[gap] = values[at] as number;
        gap = at;
      }
      keys[gap] = FREE;
    },
    *keys() {
      for (let at = 0; at < keys.length; at++) if (keys[at] !== FREE) yield keys[at] as number;
    },
  };

  /** Where the key is, or would be put. */
  function find(key: number): number {
    const mask = keys.length - 1;
    let at = home(key);
    while (keys[at] !== key && keys[at] !== FREE) at = (at + 1) & mask;
    return at;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    bits++;
    keys = new Int32Array(1 << bits).fill(FREE);
    values = new Int32Array(1 << bits);
    for (let i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] === FREE) continue;
      const at = find(oldKeys[i] as number);
      keys[at] = oldKeys[i] as number;
      values[at] = oldValues[i] as number;
    }
  }
}
