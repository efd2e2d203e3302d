/*
  Recovers the content of a damaged archive right before the damage. A failing zlib loses the output of its last input
  piece, so this module feeds the archive to zlib again, in smaller and smaller pieces.
*/
import { contentOf, newDecompressor, write, type Decompressor, type Tool } from './decompressor.js'

/** The part of an archive that contains the damage; everything before `fromBytes` is intact. */
export interface Place {
  readonly fromBytes: number
  readonly toBytes: number
}

/** Limits memory. If a larger archive is damaged, up to half a megabyte of content before the damage is also lost. */
const mostKeptBytes = 2 * 1024 * 1024

/** Size of one block. A pipe may deliver single bytes, and a buffer for each byte would take too much memory. */
const blockBytes = 64 * 1024

/** Keeps a whole archive, or nothing once the archive exceeds `mostKeptBytes`. */
export class KeptInput {
  isWhole = true
  #blocks: Buffer[] = []
  #bytes = 0

  /** @param chunk  copied, because the caller will overwrite it */
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

  /** Yields the bytes up to `endBytes`: as blocks up to `fromBytes`, after that in pieces of at most `pieceBytes`. */
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

/** Bytes that zlib gets at once in each of three passes over the damaged part. The last pass finds the exact byte. */
const pieceSizes = [4096, 64, 1]

/**
 * Yields the content that zlib delivers before the damage in `place`, without the content that the caller already has.
 * @param kept  the whole archive up to `place.toBytes`
 * @param knownBytes  length of the content that the caller has
 * @returns the byte at which zlib fails
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

/** Feeds zlib piece by piece until it fails. @returns the place of the piece at which zlib failed */
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
