/*
  What is remembered by key, for very many keys: in several maps, for one that grows is copied as a whole, and while a
  large one is copied nobody gets a turn.
*/
import type { Key } from './row-keys.js'

/** A power of two. With all keys that a request has room for each map stays below 2^18 of them. */
const parts = 64

/** As Map, without order. */
export class KeyTable<T> {
  readonly #maps: readonly Map<Key, T>[] = Array.from({ length: parts }, () => new Map<Key, T>())
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: Key): T | undefined {
    return this.#maps[partOf(key)]!.get(key)
  }

  /** Nothing when the key is there already. @returns true when it was not */
  add(key: Key, value: T): boolean {
    const map = this.#maps[partOf(key)]!
    if (map.has(key)) return false
    map.set(key, value)
    this.#size++
    return true
  }
}

function partOf(key: Key): number {
  switch (typeof key) {
    case 'number':
      // Whole numbers differ in their last digits, others behind the point.
      return (Math.imul(key, 0x9e3779b1) ^ Math.imul(key * 65_537.4, 0x85ebca6b)) >>> (32 - 6)
    case 'bigint':
      return Number(BigInt.asUintN(6, key))
    case 'string':
      return partOfText(key)
    default:
      return 0
  }
}

/** The last characters tell most texts apart. */
function partOfText(text: string): number {
  let mixed = text.length
  for (let at = Math.max(0, text.length - 4); at < text.length; at++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x9e3779b1)
  }
  return mixed >>> (32 - 6)
}
