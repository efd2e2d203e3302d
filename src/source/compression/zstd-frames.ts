/* Splits Zstandard data (RFC 8878) into frames and blocks without decompressing. Because this module knows where each frame ends, it
   distinguishes truncated data, data after the frames, and damaged data. */
import type { InputError } from '../../errors.js'
import type { Chunks } from '../byte-source.js'
import { damagedInput, isCutOff, notCompressed, trailingDataText } from './damaged-input.js'

/** A batch of pieces. Each piece is a frame's header, a block or a checksum, and a decoder needs each piece whole. */
export interface ZstdPieces {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lengths: readonly number[]
}

const frameMagic = 0xfd2fb528
/** Marks a frame with a program's own data; the last four bits may vary. */
const skippableMagic = 0x184d2a50

/** Limit of the memory that a frame may need, the same as the default of the zstd tool. */
const maxWindowBytes = 128 * 1024 * 1024

/** Largest content of a block: RFC 8878, 3.1.1.2.4. */
const maxBlockBytes = 128 * 1024

/** Limit of blocks in a batch. It limits the batch's content, because a block of four bytes may expand to 128 KiB. */
const maxBlocks = 4

const magicBytes = 4
/** Magic number, descriptor, window, dictionary and size: RFC 8878, 3.1.1.1. */
const maxHeaderBytes = 18
const blockHeaderBytes = 3
const checksumBytes = 4

/** Largest compressed size of one batch, in which each block may be a frame of its own. */
export const maxPiecesBytes: number =
  maxBlocks * (maxHeaderBytes + blockHeaderBytes + maxBlockBytes + checksumBytes)

export const maxContentBytes: number = maxBlocks * maxBlockBytes

const singleByteRun = 1
const reserved = 3

export function isZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = Buffer.from(head.buffer, head.byteOffset, 4).readUInt32LE()
  return magic === frameMagic || isSkippable(magic)
}

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === skippableMagic

/**
 * Splits the frames in `stored` into batches of some blocks. Yields all whole pieces before an error, and before it may have to wait,
 * because a pipe may stay silent. @throws all errors of `stored`
 * @throws {InputError} DDB_INPUT_READ for truncated frames, other data after the frames, and frames that no decoder reads
 * @param room  returns an unused buffer of `maxPiecesBytes` for the next batch
 */
export async function* zstdPieces(
  stored: Chunks,
  name: string,
  room: () => ArrayBuffer,
): AsyncGenerator<ZstdPieces, void, void> {
  const reader = new FrameReader(stored, name, room)
  try {
    while (!reader.isOver) {
      await reader.next()
      if (reader.isDue && !reader.isEmpty) yield reader.take()
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
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #offset = 0
  #bytes: Buffer<ArrayBuffer> | undefined
  #length = 0
  #lengths: number[] = []
  #blocks = 0
  /** The frame being read; undefined between frames. The checksum follows the frame's last block. */
  #frame: { readonly hasChecksum: boolean } | undefined

  constructor(stored: Chunks, name: string, room: () => ArrayBuffer) {
    this.#stored = stored
    this.#name = name
    this.#room = room
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0
  }

  /** True if the batch is full, or if `next` may have to wait for the input. */
  get isDue(): boolean {
    if (this.#blocks >= maxBlocks) return true
    const leftBytes = this.#chunk.length - this.#at
    if (this.#frame === undefined) {
      return leftBytes < maxHeaderBytes || isSkippable(this.#chunk.readUInt32LE(this.#at))
    }
    if (leftBytes < blockHeaderBytes) return true
    const { storedBytes } = blockOf(this.#chunk, this.#at)
    const endBytes = this.#frame.hasChecksum ? checksumBytes : 0
    return leftBytes < blockHeaderBytes + storedBytes + endBytes
  }

  take(): ZstdPieces {
    const lengths = this.#lengths
    const length = lengths.reduce((sum, each) => sum + each, 0)
    const bytes = (this.#bytes ?? Buffer.alloc(0)).subarray(0, length)
    this.#bytes = undefined
    this.#length = 0
    this.#lengths = []
    this.#blocks = 0
    return { bytes, lengths }
  }

  async next(): Promise<void> {
    const start = this.#length
    if (this.#frame === undefined) await this.#header(start)
    else await this.#block(start, this.#frame)
  }

  async #header(start: number): Promise<void> {
    const from = this.#position
    this.isOver = !(await this.#has())
    if (this.isOver) return
    const magic = (await this.#copied(magicBytes)) ? this.#bytes!.readUInt32LE(start) : 0
    if (isSkippable(magic)) {
      await this.#copy(4)
      const contentBytes = this.#bytes!.readUInt32LE(start + magicBytes)
      this.#length = start
      await this.#skip(contentBytes)
      return
    }
    if (magic !== frameMagic) {
      // A further frame that ends in its first bytes was cut off.
      if (magic === 0 && this.#bytes![start] === (frameMagic & 0xff)) throw this.#cutOff()
      if (from > 0) throw damagedInput(this.#name, trailingDataText(from))
      throw notCompressed(this.#name, 'zstd')
    }
    await this.#copy(1)
    const bytes = this.#bytes!
    const descriptor = bytes[start + magicBytes]!
    const isSingle = (descriptor & 0x20) !== 0
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    const window = start + magicBytes + 1
    const dictionary = isSingle ? window : window + 1
    const size = dictionary + dictionaryBytes
    await this.#copy(size + sizeBytes - window)
    if (bytes.subarray(dictionary, size).some(byte => byte !== 0)) {
      throw damagedInput(this.#name, 'need a dictionary: decompress them with zstd -D')
    }
    const keptBytes = isSingle ? contentSize(bytes, size, sizeBytes) : windowBytes(bytes[window]!)
    if (keptBytes > maxWindowBytes) {
      throw damagedInput(
        this.#name,
        'need more than 128 MiB of memory: decompress them with the zstd tool, or compress them without a long window',
      )
    }
    this.#frame = { hasChecksum: (descriptor & 4) !== 0 }
    this.#lengths.push(this.#length - start)
  }

  async #block(start: number, { hasChecksum }: { readonly hasChecksum: boolean }): Promise<void> {
    const from = this.#position
    await this.#copy(blockHeaderBytes)
    const { isLast, isValid, storedBytes } = blockOf(this.#bytes!, start)
    if (!isValid) {
      throw damagedInput(
        this.#name,
        `are damaged at byte ${from} of the file: write or copy it again`,
      )
    }
    await this.#copy(storedBytes)
    this.#lengths.push(this.#length - start)
    this.#blocks++
    if (!isLast) return
    if (hasChecksum) {
      await this.#copy(checksumBytes)
      this.#lengths.push(checksumBytes)
    }
    this.#frame = undefined
  }

  get #position(): number {
    return this.#offset + this.#at
  }

  async #has(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const { done, value } = await this.#stored.next()
      if (done === true) return false
      this.#offset += this.#chunk.length
      this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.length)
      this.#at = 0
    }
    return true
  }

  /** Appends the next bytes of the input to the current batch. @returns false if the input ends first */
  async #copied(length: number): Promise<boolean> {
    const bytes = (this.#bytes ??= Buffer.from(this.#room()))
    for (let left = length; left > 0;) {
      if (this.#at === this.#chunk.length && !(await this.#has())) return false
      const step = Math.min(left, this.#chunk.length - this.#at)
      bytes.set(this.#chunk.subarray(this.#at, this.#at + step), this.#length)
      this.#length += step
      this.#at += step
      left -= step
    }
    return true
  }

  async #copy(length: number): Promise<void> {
    if (!(await this.#copied(length))) throw this.#cutOff()
  }

  async #skip(contentBytes: number): Promise<void> {
    for (let left = contentBytes; left > 0;) {
      if (!(await this.#has())) throw this.#cutOff()
      const step = Math.min(left, this.#chunk.length - this.#at)
      this.#at += step
      left -= step
    }
  }

  #cutOff(): InputError {
    return damagedInput(this.#name, isCutOff(this.#position))
  }
}

/** RFC 8878, 3.1.1.2. */
function blockOf(bytes: Buffer, at: number) {
  const header = bytes.readUIntLE(at, blockHeaderBytes)
  const type = (header >> 1) & 3
  const size = header >> 3
  return {
    isLast: (header & 1) !== 0,
    isValid: type !== reserved && size <= maxBlockBytes,
    storedBytes: type === singleByteRun ? 1 : size,
  }
}

/** RFC 8878, 3.1.1.1.2. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** RFC 8878, 3.1.1.1.4. A frame without a window needs as much memory as its content. */
function contentSize(bytes: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes < 8) return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}
