/*
  Maps text back to its input. Readers see UTF-8; the positions they report and the records they keep are those of the input's
  own bytes.
*/
import type { Encoding } from './encodings.js'

/** Bytes of an input that are not a character of its encoding. */
export interface BrokenBytes {
  /** Position of the first in the decompressed input. */
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

export interface BrokenText {
  /** False if there are certainly none from here on in the text delivered so far. */
  mayBeBroken(textStart: number): boolean
  /**
   * The first ones in a piece of the text.
   * @param text  the piece at `textStart`
   */
  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined
}

/**
 * Maps positions in the text back to the input. It knows those since the last `release`; a position inside a character means
 * the character's beginning.
 */
export interface TextOrigin {
  /** The bytes of a line feed in the input, which mean one wherever a character may begin. */
  readonly lineFeed: Uint8Array
  /** Position in the decompressed input of the text at `textOffset`. */
  inputOffset(textOffset: number): number
  /** The input bytes of the text between two positions; valid until more text is requested. */
  inputBytes(textStart: number, textEnd: number): Uint8Array
  /** Nothing before `textOffset` will be requested again. */
  release(textOffset: number): void
}

export interface SourceText {
  readonly encoding: Encoding
  /** Whether the user named the encoding, or it was detected. */
  readonly how: 'given' | 'found'
  /** The byte order mark at the start of the input; may be empty. */
  readonly mark: Uint8Array
  /** Undefined if reading ends at the first bytes that are not a character. */
  readonly broken: BrokenText | undefined
  /** Undefined if the text is the input's own bytes. */
  readonly origin: TextOrigin | undefined
}
