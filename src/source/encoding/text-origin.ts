/*
  Where the text of an input comes from. Readers see UTF-8; what they tell of places, and what they keep of records, is
  that of the input's own bytes.
*/
import type { Encoding } from './encodings.js'

/** Bytes of an input that are not a character of its encoding. */
export interface BrokenBytes {
  /** Position of the first in the decompressed input. */
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

/** Finds bytes that are not a character. */
export interface BrokenText {
  /** False when there are certainly none from here on, as far as the text was asked for. */
  mayBeBroken(textStart: number): boolean
  /**
   * The first ones in a piece of the text.
   * @param text  the piece that stands at `textStart`
   */
  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined
}

/**
 * The way from positions in the text back to the input. It knows those from the last `release` on; a position inside a
 * character stands for the character's beginning.
 */
export interface TextOrigin {
  /** The bytes that a line feed has in the input, and that are one wherever a character may begin. */
  readonly lineFeed: Uint8Array
  /** Position in the decompressed input of what stands at `textOffset`. */
  inputOffset(textOffset: number): number
  /** What the text between two positions was decoded from; lent until more of the text is asked for. */
  inputBytes(textStart: number, textEnd: number): Uint8Array
  /** Nothing before `textOffset` will be asked for again. */
  release(textOffset: number): void
}

/** What is known of an input's text. */
export interface SourceText {
  readonly encoding: Encoding
  /** Whether somebody named the encoding, or it was found in the input. */
  readonly how: 'given' | 'found'
  /** The byte order mark that the input begins with; empty without one. */
  readonly mark: Uint8Array
  /** Undefined where reading ends at the first bytes that are not a character. */
  readonly broken: BrokenText | undefined
  /** Undefined where the text is the input's own bytes. */
  readonly origin: TextOrigin | undefined
}
