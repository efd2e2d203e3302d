/*
  Where batches have to begin and end because somebody asked for the rows of certain pieces of the input: each piece in
  turn, and what stands between them.
*/
import { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { Piece } from './input-reader.js'

/** The piece at hand, or the way to the next one. */
export class PieceBounds {
  /** What is read belongs to a piece. */
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

  /** The rows of the piece at hand are not all of their batch. */
  get continues(): boolean {
    return this.isInside && this.#pieces[this.#next]?.continues === true
  }

  /** The rows of the piece at hand are of the batch that an earlier input has begun. */
  get joins(): boolean {
    return this.isInside && this.#pieces[this.#next]?.joins === true
  }

  /** Goes on behind the boundary. */
  cross(): void {
    if (this.isInside) this.#next++
    this.isInside = !this.isInside
  }
}

/** For an input in which reading cannot go on where it was to. */
export function endsBefore({ offsetBytes, lineNumber }: ResumePoint, file: string): InputError {
  return new InputError(
    'DDB_INPUT_READ',
    `"${file}" ends before byte ${offsetBytes}, where reading was to go on: it is not the input that was read before, or not all of it`,
    { file, lineNumber, offsetBytes },
  )
}
