/*
  64-bit integers as two 32-bit halves, for columns that go on the wire as a BigInt64Array. No cell needs a BigInt.
*/

const billion = 1_000_000_000

/** The value is `high × 2^32 + low`; `high` and `low` count modulo 2^32. */
export class Int64Parts {
  high = 0
  low = 0

  /** Stores the number in two words, the low word first. Returns 0, which means success for readers of cells. */
  store(words: Int32Array, word: number): 0 {
    words[word] = this.low
    words[word + 1] = this.high
    return 0
  }

  /** Sets an integer that a double holds exactly. */
  setExact(value: number): void {
    this.high = Math.floor(value / 4_294_967_296)
    this.low = value - this.high * 4_294_967_296
  }

  /**
   * Sets `a × b + c`.
   * @param a  whole; `a × b` is between −2^68 and 2^68
   * @param b  whole, 0 to 2^30
   * @param c  whole, 0 to 2^30
   * @returns true if a signed 64-bit integer can hold the result; false also for the number that means null
   */
  setProduct(a: number, b: number, c: number): boolean {
    const aHigh = Math.floor(a / 65_536)
    const aLow = a - aHigh * 65_536
    // Doubles hold both products exactly. `aHigh` is `a` without its 16 low bits and `a × b` is within ±2^68, so `aHigh * b` is within
    // ±2^53. `aLow * b` is below 2^46.
    const upper = aHigh * b
    const lower = aLow * b + c
    const upperHigh = Math.floor(upper / 65_536)
    const sum = lower + (upper - upperHigh * 65_536) * 65_536
    const carry = Math.floor(sum / 4_294_967_296)
    this.high = upperHigh + carry
    this.low = sum - carry * 4_294_967_296
    if (this.high > 2_147_483_647 || this.high < -2_147_483_648) return false
    return this.high !== -2_147_483_648 || this.low !== 0
  }

  /**
   * Sets `upper × 10^9 + lower`, or its negative.
   * @param upper  whole, 0 to 2^36 − 1
   * @param lower  whole, below 10^9
   * @returns true if a signed 64-bit integer can hold the result; false also for the number that means null
   */
  setBillions(negative: boolean, upper: number, lower: number): boolean {
    // −(u × 10^9 + l) is (−u − 1) × 10^9 + (10^9 − l): the addend stays positive.
    return negative
      ? this.setProduct(-upper - 1, billion, billion - lower)
      : this.setProduct(upper, billion, lower)
  }
}
