/*
  The frames of Zstandard (RFC 8878), taken apart without being decompressed: where they end is known here, so that
  what is cut off, and what follows them, is told apart from damaged data.
*/
import type { InputError } from '../../errors.js'
import type { Chunks } from '../byte-source.js'
import { damagedInput, isCutOff, notCompressed, restFollows } from './damaged-input.js'

/** Some pieces of frames, each of which a decoder takes as a whole: a header, a block, a checksum. */
export interface ZstdPieces {
  /** The pieces, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lengths: readonly number[]
}

const frameMagic = 0xfd2fb528
/** Frames with the program's own data; the last four bits are free. */
const skippableMagic = 0x184d2a50

/** A decoder has to keep this much; the zstd tool refuses more, too, unless it is told otherwise. */
const maxWindowBytes = 128 * 1024 * 1024

/** Content of a block: RFC 8878, 3.1.1.2.4. */
const maxBlockBytes = 128 * 1024

/** A block of four bytes may hold 128 KiB: their number bounds what comes out of one batch of pieces. */
const maxBlocks = 4

/** Magic number, descriptor, window, dictionary and size: RFC 8878, 3.1.1.1. */
const maxHeaderBytes = 18
const blockHeaderBytes = 3
const checksumBytes = 4

/** Of one batch, as it is compressed: each block may be a frame of its own. */
export const maxPiecesBytes: number =
  maxBlocks * (maxHeaderBytes + blockHeaderBytes + maxBlockBytes + checksumBytes)

/** What one batch may decompress to. */
export const maxContentBytes: number = maxBlocks * maxBlockBytes

const singleByteRun = 1
const reserved = 3

/** Whether bytes begin with a frame of Zstandard. */
export function isZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = uint32(head, 0)
  return magic === frameMagic || isSkippable(magic)
}

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === skippableMagic

/**
 * The frames in `stored`, some blocks at a time.
 *
 * @param room  where the next pieces go: `maxPiecesBytes` that nobody else needs
 * @throws {InputError} DDB_INPUT_READ when they end in the middle, when something else follows them, and for what no
 * decoder reads; what `stored` throws. All behind the last whole piece
 */
export async function* zstdPieces(
  stored: Chunks,
  name: string,
  room: () => ArrayBuffer,
): AsyncGenerator<ZstdPieces, void, void> {
  const reader = new FrameReader(stored, name, room)
  try {
    for (;;) {
      await reader.next()
      if (reader.isOver) return
      if (reader.isFull) yield reader.take()
    }
  } catch (error) {
    if (!reader.isEmpty) yield reader.take()
    throw error
  } finally {
    await stored.return()
  }
}

class FrameReader {
  isOver = false
  readonly #stored: Chunks
  readonly #name: string
  readonly #room: () => ArrayBuffer
  #bytes = Buffer.alloc(0)
  #at = 0
  /** Position in the file of `#bytes[0]`. */
  #offset = 0
  #pieces: Uint8Array<ArrayBuffer> | undefined
  #piecesBytes = 0
  #lengths: number[] = []
  #blocks = 0
  /** Inside a frame: whether a checksum follows its last block. */
  #frame: { readonly hasChecksum: boolean } | undefined

  constructor(stored: Chunks, name: string, room: () => ArrayBuffer) {
    this.#stored = stored
    this.#name = name
    this.#room = room
  }

  get isFull(): boolean {
    return this.#blocks >= maxBlocks
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0
  }

  take(): ZstdPieces {
    const pieces = {
      bytes: (this.#pieces ?? new Uint8Array()).subarray(0, this.#piecesBytes),
      lengths: this.#lengths,
    }
    this.#pieces = undefined
    this.#piecesBytes = 0
    this.#lengths = []
    this.#blocks = 0
    return pieces
  }

  /** Reads the next piece, or finds that the input is over. */
  async next(): Promise<void> {
    if (this.#frame === undefined) await this.#header()
    else await this.#block(this.#frame)
  }

  async #header(): Promise<void> {
    if (!(await this.#has(1))) {
      this.isOver = true
      // The last blocks are still to be taken.
      if (!this.isEmpty) {
        this.isOver = false
        this.#blocks = maxBlocks
      }
      return
    }
    const magic = (await this.#has(4)) ? uint32(this.#bytes, this.#at) : 0
    if (isSkippable(magic)) {
      await this.#need(8)
      await this.#skip(8, uint32(this.#bytes, this.#at + 4))
      return
    }
    if (magic !== frameMagic) throw this.#unknownRest()
    await this.#need(5)
    const descriptor = this.#bytes[this.#at + 4]!
    const isSingle = (descriptor & 0x20) !== 0
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    const length = 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes
    await this.#need(length)
    const header = this.#bytes.subarray(this.#at, this.#at + length)
    if (
      dictionaryBytes > 0 &&
      header
        .subarray(5 + (isSingle ? 0 : 1))
        .subarray(0, dictionaryBytes)
        .some(byte => byte !== 0)
    ) {
      throw this.#unreadable('need a dictionary: decompress them with zstd -D')
    }
    if (!isSingle && windowBytes(header[5]!) > maxWindowBytes) {
      throw this.#unreadable(
        'need more than 128 MiB of memory: decompress them with the zstd tool, or compress them without a long window',
      )
    }
    this.#frame = { hasChecksum: (descriptor & 4) !== 0 }
    this.#takePiece(length)
  }

  async #block({ hasChecksum }: { readonly hasChecksum: boolean }): Promise<void> {
    await this.#need(blockHeaderBytes)
    const header = this.#bytes.readUIntLE(this.#at, 3)
    const isLast = (header & 1) !== 0
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type === reserved || size > maxBlockBytes) {
      const place = this.#offset + this.#at
      throw this.#unreadable(`are damaged at byte ${place} of the file: write or copy it again`)
    }
    const length = blockHeaderBytes + (type === singleByteRun ? 1 : size)
    await this.#need(length)
    this.#takePiece(length)
    this.#blocks++
    if (!isLast) return
    if (hasChecksum) {
      await this.#need(checksumBytes)
      this.#takePiece(4)
    }
    this.#frame = undefined
  }

  #takePiece(length: number): void {
    this.#pieces ??= new Uint8Array(this.#room())
    this.#pieces.set(this.#bytes.subarray(this.#at, this.#at + length), this.#piecesBytes)
    this.#piecesBytes += length
    this.#lengths.push(length)
    this.#at += length
  }

  async #need(length: number): Promise<void> {
    if (await this.#has(length)) return
    throw damagedInput(this.#name, isCutOff(this.#offset + this.#bytes.length))
  }

  async #has(length: number): Promise<boolean> {
    while (this.#bytes.length - this.#at < length) {
      const { done, value } = await this.#stored.next()
      if (done === true) return false
      this.#offset += this.#at
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), value])
      this.#at = 0
    }
    return true
  }

  async #skip(headerBytes: number, contentBytes: number): Promise<void> {
    this.#at += headerBytes
    for (let left = contentBytes; left > 0;) {
      await this.#need(1)
      const step = Math.min(left, this.#bytes.length - this.#at)
      this.#at += step
      left -= step
    }
  }

  #unknownRest(): InputError {
    const at = this.#offset + this.#at
    if (at > 0) return damagedInput(this.#name, restFollows(at))
    return notCompressed(this.#name, 'zstd')
  }

  #unreadable(how: string): InputError {
    return damagedInput(this.#name, how)
  }
}

/** RFC 8878, 3.1.1.1.2. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  )
}
