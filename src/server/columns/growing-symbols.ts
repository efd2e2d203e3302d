/*
  A growing SYMBOL column: int32 codes over a base of its own. Incoming columns have bases of their own
  (docs/protocol.md#symbol-vectors), so each batch maps its base once and its codes in one typed loop.
*/
import type { Column, SymbolVector } from '../../protocol/value.js'
import type { GrowingColumn } from './growing-column.js'

const smallestCapacity = 16

/** The base only grows, so codes of earlier views stay right. */
export class GrowingSymbols implements GrowingColumn {
  #codes: Int32Array
  #length = 0
  #viewed = false
  readonly #base: string[] = ['']
  readonly #codeOf = new Map<string, number>([['', 0]])

  constructor(capacity: number) {
    this.#codes = new Int32Array(capacity)
  }

  view(): Column {
    this.#viewed = true
    return {
      form: 'vector',
      type: 'SYMBOL',
      length: this.#length,
      codes: this.#codes,
      base: this.#base,
    }
  }

  append(column: Column): void {
    const end = this.#length + column.length
    if (end > this.#codes.length) {
      this.#moveTo(Math.max(end, this.#codes.length * 2, smallestCapacity))
    }
    this.#translate(column as SymbolVector, this.#codes, this.#length)
    this.#length = end
  }

  assign(rows: Int32Array, values: Column): void {
    if (this.#viewed) this.#moveTo(this.#codes.length)
    const codes = new Int32Array(values.length)
    this.#translate(values as SymbolVector, codes, 0)
    for (let i = 0; i < rows.length; i++) this.#codes[rows[i]!] = codes[i]!
  }

  #translate(column: SymbolVector, target: Int32Array, start: number): void {
    const { codes, base, length } = column
    if (base === this.#base) {
      target.set(codes.subarray(0, length), start)
      return
    }
    // A batch may bring a base far larger than itself, so an entry is looked up when first met; 0 means not yet.
    const known = new Int32Array(base.length)
    for (let row = 0; row < length; row++) {
      const code = codes[row]!
      let own = known[code]!
      if (own === 0 && code !== 0) {
        own = this.#intern(base[code] ?? '')
        known[code] = own
      }
      target[start + row] = own
    }
  }

  #intern(text: string): number {
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      code = this.#base.length
      this.#base.push(text)
      this.#codeOf.set(text, code)
    }
    return code
  }

  #moveTo(capacity: number): void {
    const codes = new Int32Array(capacity)
    codes.set(this.#codes.subarray(0, this.#length))
    this.#codes = codes
    this.#viewed = false
  }
}
