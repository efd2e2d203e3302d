/*
  What a damaged archive holds right before the place where it is damaged. zlib fails with a whole piece of its input and
  what the piece has given until then is lost; so it is given the input once more, in smaller and smaller pieces.
*/
import { contentOf, newDecompressor, write, type Decompressor, type Tool } from './decompressor.js'

/** Part of an archive in which something is wrong; all is well before `fromBytes`. */
export interface Place {
  readonly fromBytes: number
  readonly toBytes: number
}

/** More is not kept: what is lost of larger archives, half a megabyte of content at most, is little of them. */
const mostKeptBytes = 2 * 1024 * 1024

/** Kept in blocks, since a pipe may give bytes one by one. */
const blockBytes = 64 * 1024

/** The beginning of an archive, as long as that is all of it. */
export class KeptInput {
  /** Nothing is missing. */
  isWhole = true
  #blocks: Buffer[] = []
  #bytes = 0

  /** @param chunk  only lent */
  add(chunk: Uint8Array): void {
    if (this.#bytes + chunk.length > mostKeptBytes) {
      this.isWhole = false
      this.#blocks = []
    }
    if (!this.isWhole) return
    for (let at = 0; at < chunk.length;) {
      const used = this.#bytes % blockBytes
      if (used === 0) this.#blocks.push(Buffer.allocUnsafeSlow(blockBytes))
      const part = chunk.subarray(at, at + blockBytes - used)
      this.#blocks.at(-1)!.set(part, used)
      this.#bytes += part.length
      at += part.length
    }
  }

  /** The bytes up to `endBytes`, in pieces of `pieceBytes` at most from `fromBytes` on. */
  *pieces(fromBytes: number, endBytes: number, pieceBytes: number): Generator<Uint8Array> {
    for (let at = 0; at < endBytes;) {
      const start = at % blockBytes
      const block = this.#blocks[(at - start) / blockBytes]!
      const wanted = at < fromBytes ? fromBytes - at : Math.min(pieceBytes, endBytes - at)
      const piece = block.subarray(start, start + wanted)
      yield piece
      at += piece.length
    }
  }
}

/** Of the second, third and last time: few pieces each, in the end bytes. */
const pieceSizes = [4096, 64, 1]

/**
 * What zlib gives before a place, as far as it is not known.
 *
 * @param kept  the whole archive up to `place.toBytes`
 * @param knownBytes  of the content
 * @returns the byte with which zlib fails
 */
export async function* lastContent(
  tool: Tool,
  kept: KeptInput,
  place: Place,
  knownBytes: number,
): AsyncGenerator<Uint8Array, Place, void> {
  let narrowed = place
  let contentBytes = knownBytes
  for (const pieceBytes of pieceSizes) {
    const decompressor = newDecompressor(tool)
    const feeding = feed(decompressor, kept, narrowed, pieceBytes)
    try {
      let position = 0
      for await (const chunk of contentOf(decompressor)) {
        const fresh = chunk.subarray(Math.max(0, contentBytes - position))
        position += chunk.length
        if (fresh.length === 0) continue
        contentBytes += fresh.length
        yield fresh
      }
      narrowed = await feeding
    } finally {
      decompressor.destroy()
    }
  }
  return narrowed
}

/** Gives zlib one piece after the other until it fails. @returns where the piece stands with which it does */
async function feed(
  decompressor: Decompressor,
  kept: KeptInput,
  { fromBytes, toBytes }: Place,
  pieceBytes: number,
): Promise<Place> {
  let position = 0
  for (const piece of kept.pieces(fromBytes, toBytes, pieceBytes)) {
    await write(decompressor, piece)
    if (decompressor.destroyed) {
      return { fromBytes: position, toBytes: position + piece.length }
    }
    position += piece.length
  }
  decompressor.end()
  return { fromBytes: position, toBytes: position }
}
