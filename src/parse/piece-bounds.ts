/*
  Determines where batches begin and end if the caller requested certain pieces of the input as batches. Steps through
  the pieces and the gaps between them. In a gap, batches end as usual.
*/
import { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { Piece } from './input-reader.js'

/** The current piece, or the gap before the next one. */
export class PieceBounds {
  isInside = false
  readonly #pieces: readonly Piece[]
  #next = 0

  /** @param pieces  ascending and disjoint */
  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  /** The end of the current piece, or in a gap the start of the next piece; an offset in the decompressed input. */
  get boundaryBytes(): number {
    const piece = this.#pieces[this.#next]
    if (piece === undefined) return Infinity
    return this.isInside ? piece.endBytes : piece.startBytes
  }

  /** True if this piece's rows and rows of a later input go into the same batch. */
  get continues(): boolean {
    return this.isInside && this.#pieces[this.#next]?.continues === true
  }

  /** True if an earlier input has begun the batch of this piece's rows. */
  get joins(): boolean {
    return this.isInside && this.#pieces[this.#next]?.joins === true
  }

  /** Steps over the boundary: into the next piece, or out of the current one. */
  cross(): void {
    if (this.isInside) this.#next++
    this.isInside = !this.isInside
  }
}

/** The error for an input that ends before the place where reading should resume. */
export function endsBefore({ offsetBytes, lineNumber }: ResumePoint, file: string): InputError {
  return new InputError(
    'DDB_INPUT_READ',
    `"${file}" ends before byte ${offsetBytes}, where reading should continue: it is a different input, or was cut short`,
    { file, lineNumber, offsetBytes },
  )
}
