/*
  Fills columns of texts from a program's strings.
*/
import type { ColumnPart, TextPart } from '../columns/column-part.js'
import { slackBytes } from '../window.js'
import type { ValueColumn } from './value-column.js'

/** Approximate limit of a piece's text. A batch ends only after a whole piece, so pieces must be small. */
const mostTextBytes = 256 * 1024

/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const mostUtf8Bytes = 3

const encoder = new TextEncoder()

/** Encodes texts as columns store them, one after the other. */
class TextBytes {
  length = 0
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096)

  /** @returns the text's length in bytes, or −1 for a text that a column refuses */
  add(text: string, maxBytes: number): number {
    const { length } = text
    const start = this.length
    this.#reserve(mostUtf8Bytes * length + slackBytes)
    const { bytes } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return this.#addOther(text, maxBytes)
      if (code === 0) return -1
      bytes[start + i] = code
    }
    if (length > maxBytes) return -1
    this.length = start + length
    return length
  }

  /** Ends a text with U+0000. Returns the start of the next text. */
  end(): number {
    this.#reserve(1)
    this.bytes[this.length++] = 0
    return this.length
  }

  #addOther(text: string, maxBytes: number): number {
    if (!isText(text)) return -1
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length))
    if (written > maxBytes) return -1
    this.length += written
    return written
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(2 * (this.length + more))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

/** True if all surrogates are paired, and the text has no U+0000, which would end it early. */
function isText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) return false
    if (code < 0xd800 || code > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    i++
  }
  return true
}

export class TextValues implements ValueColumn {
  nulls = 0
  readonly #texts = new TextBytes()
  readonly #ends: Uint32Array<ArrayBuffer>
  readonly #maxBytes: number

  constructor(capacity: number, maxBytes: number) {
    this.#ends = new Uint32Array(capacity)
    this.#maxBytes = maxBytes
  }

  fill(values: readonly unknown[], count: number): number {
    const texts = this.#texts
    texts.length = 0
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (typeof value === 'string') {
        if (texts.length > mostTextBytes || texts.add(value, this.#maxBytes) < 0) break
      } else if (value !== null) break
      if (value === null || value === '') nulls++
      this.#ends[i] = texts.end()
    }
    this.nulls = nulls
    return i
  }

  part(): TextPart {
    return { encoded: this.#texts.bytes, ends: this.#ends }
  }
}

export class SymbolValues implements ValueColumn {
  nulls = 0
  readonly #codes: Int32Array<ArrayBuffer>
  readonly #textEnds: Int32Array<ArrayBuffer>
  readonly #texts = new TextBytes()
  readonly #known = new Map<string, number>()
  readonly #maxBytes: number

  constructor(capacity: number, maxBytes: number) {
    this.#codes = new Int32Array(capacity)
    this.#textEnds = new Int32Array(capacity + 1)
    this.#maxBytes = maxBytes
  }

  fill(values: readonly unknown[], count: number): number {
    const codes = this.#codes
    const known = this.#known
    const texts = this.#texts
    known.clear()
    known.set('', 0)
    texts.length = 0
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      let code: number | undefined = 0
      if (typeof value === 'string') {
        code = known.get(value)
        if (code === undefined) {
          if (texts.length > mostTextBytes || texts.add(value, this.#maxBytes) < 0) break
          code = known.size
          known.set(value, code)
          this.#textEnds[code] = texts.length
        }
      } else if (value !== null) break
      if (code === 0) nulls++
      codes[i] = code
    }
    this.nulls = nulls
    return i
  }

  part(): ColumnPart {
    return {
      codes: this.#codes,
      texts: this.#texts.bytes,
      textEnds: this.#textEnds.subarray(0, this.#known.size),
    }
  }
}
