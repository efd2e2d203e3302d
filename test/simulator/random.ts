/* Reproducible randomness: a generator with a seed (sfc32), and the draws for scenarios. */

/** A stream of random draws. `fork` starts another one, which does not depend on the draws made from this one. */
export class Chance {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0
    this.#c = Math.imul(seed + 0x7f4a7c15, 0xc2b2ae35) | 0
    for (let i = 0; i < 12; i++) this.word()
  }

  /** 32 bits. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  number(): number {
    return this.word() / 2 ** 32
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.number() * (max - min + 1))
  }

  /** True once in `count` times on average. */
  oneIn(count: number): boolean {
    return this.number() * count < 1
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.number() * choices.length)]!
  }

  /** Between `min` and `max`, on a logarithmic scale. */
  spread(min: number, max: number): number {
    return min * (max / min) ** this.number()
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() & 255)
  }

  fork(): Chance {
    return new Chance(this.word())
  }
}
