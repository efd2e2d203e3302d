/*
  Where batches have to begin and end because somebody asked for the rows of certain pieces of the input: each piece in
  turn, and what stands between them.
*/
import type { ByteRange } from './input-reader.js'

/** The piece at hand, or the way to the next one. */
export class PieceBounds {
  /** What is read belongs to a piece. */
  isInside = false
  readonly #pieces: readonly ByteRange[]
  #next = 0

  /** @param pieces  ascending and disjoint */
  constructor(pieces: readonly ByteRange[]) {
    this.#pieces = pieces
  }

  /** Where the piece ends, or the next one begins; in the decompressed input. */
  get boundaryBytes(): number {
    const piece = this.#pieces[this.#next]
    if (piece === undefined) return Infinity
    return this.isInside ? piece.endBytes : piece.startBytes
  }

  /** Goes on behind the boundary. */
  cross(): void {
    if (this.isInside) this.#next++
    this.isInside = !this.isInside
  }
}
