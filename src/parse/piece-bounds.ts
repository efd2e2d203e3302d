/*
  Where batches must begin and end if certain pieces of the input were requested: the bounds of each piece in turn, and of the
  gaps between them.
*/
import { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { Piece } from './input-reader.js'

/** The present piece, or the gap before the next one. */
export class PieceBounds {
  /** Reading is inside a piece. */
  isInside = false
  readonly #pieces: readonly Piece[]
  #next = 0

  /** @param pieces  ascending and disjoint */
  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  /** Where the piece ends, or the next one begins; in the decompressed input. */
  get boundaryBytes(): number {
    const piece = this.#pieces[this.#next]
    if (piece === undefined) return Infinity
    return this.isInside ? piece.endBytes : piece.startBytes
  }

  /** The batch of this piece's rows continues in a later input. */
  get continues(): boolean {
    return this.isInside && this.#pieces[this.#next]?.continues === true
  }

  /** The rows of this piece belong to a batch that an earlier input has begun. */
  get joins(): boolean {
    return this.isInside && this.#pieces[this.#next]?.joins === true
  }

  /** Continues after the boundary. */
  cross(): void {
    if (this.isInside) this.#next++
    this.isInside = !this.isInside
  }
}

/** The error for an input that ends before reading should resume. */
export function endsBefore({ offsetBytes, lineNumber }: ResumePoint, file: string): InputError {
  return new InputError(
    'DDB_INPUT_READ',
    `"${file}" ends before byte ${offsetBytes}, where reading should continue: it is a different input, or was cut short`,
    { file, lineNumber, offsetBytes },
  )
}
