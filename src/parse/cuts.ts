/*
  Where batches end that are known by their place. The place depends on the bytes of the inputs and on sizes that all processes of a run
  share, so it is the same whatever the types, the rules of cells, the chunks, and the cut at which reading began.
*/

/** A batch ends after this many records, or before a record that begins this many bytes after the batch. */
export interface CutSizes {
  readonly records: number
  /** Bytes of the decompressed inputs, headers and blank lines included. */
  readonly bytes: number
}

/**
 * The batch under construction, for all inputs of a stream, one after the other. A batch begins where the last record of the batch before
 * it ends, and has at least one record. Positions count the bytes of the stream from where reading began.
 */
export class Cuts {
  readonly records: number
  readonly #bytes: number
  #batchStart = 0
  #recordEnd = 0
  #inputStart = 0
  #inputEnd = 0

  constructor({ records, bytes }: CutSizes) {
    this.records = records
    this.#bytes = bytes
  }

  /** @param from  the cut in this input at which reading begins; 0 for the input's start */
  beginInput(from: number): void {
    this.#inputStart = this.#inputEnd - from
  }

  endInput(sizeBytes: number): void {
    this.#inputEnd = this.#inputStart + sizeBytes
  }

  /** The offset in the present input from which on a record belongs to the next batch. */
  get offsetBytes(): number {
    return this.#batchStart + this.#bytes - this.#inputStart
  }

  /** The batch has the records up to this offset of the input. */
  passed(offsetBytes: number): void {
    this.#recordEnd = this.#inputStart + offsetBytes
  }

  /** Ends the batch after its last record. */
  cut(): void {
    this.#batchStart = this.#recordEnd
  }
}
