/* Reads zip archives. The directory names the members as text, and tells whether each can be read. A member is read as a file: its content
   is decompressed, and compared with the size and checksum that the archive states. */
import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { crc32, createInflateRaw, inflateRawSync, type Zlib } from 'node:zlib'
import type yauzlPackage from 'yauzl'
import type { Entry, RandomAccessReader, ZipFile } from 'yauzl'
import { InputError, messageOf } from '../../errors.js'
import type { DatedFileStatus, InputFile } from '../../platform/platform.js'
import { bytesAt, chunkBytes } from '../file-chunks.js'

export interface Member {
  /** Path in the archive, with `/` between folders. */
  readonly name: string
  /** Size of the decompressed content. */
  readonly sizeBytes: number
  readonly compressedBytes: number
  /** CRC-32 of the decompressed content. */
  readonly checksum: number
  /** Last change of the file, ms since 1970. Local times are treated as UTC, because archives do not name their zone. */
  readonly modifiedMs: number
  readonly method: number
  readonly flags: number
  readonly headerBytes: number
  /** CRC-32 of the name as the archive has it. */
  readonly nameChecksum: number
  /** True for a symbolic link, whose content is the name of another file. */
  readonly isLink: boolean
}

/** Limits memory: each member takes a few hundred bytes. */
const mostMembers = 1_000_000
/** A directory is read in pieces of this size, because yauzl requests small pieces. */
const windowBytes = 256 * 1024

/** The files in the archive, without folders. @throws {InputError} DDB_INPUT_READ for a damaged archive; DDB_INPUT_FORMAT for unsafe names */
export async function readDirectory(path: string, file: InputFile): Promise<Member[]> {
  // Loads yauzl only when the first archive is read, because most runs have none.
  const { default: library } = await import('yauzl')
  const members: Member[] = []
  const names = new Set<string>()
  try {
    const { sizeBytes } = await file.status()
    const zip = await library.fromRandomAccessReaderPromise(readerOf(library, file), sizeBytes, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: false,
    })
    if (zip.entryCount > mostMembers) {
      throw refused(
        path,
        `has ${zip.entryCount} members, and ${mostMembers} are read at most: divide it`,
      )
    }
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry, path)
      const isFolder = name.endsWith('/')
      if (isFolder && (entry.uncompressedSize > 0 || entry.crc32 !== 0))
        throw new Error(`it says that "${name}" is a folder, which has content`)
      if (isFolder) continue
      if (names.has(name)) {
        throw refused(
          path,
          `has two members "${name}", so it is unclear which is meant: unpack it, and load the right one`,
        )
      }
      names.add(name)
      members.push(memberOf(name, entry))
    }
    await checkEnd(zip, path, file)
    return members
  } catch (error) {
    throw damaged(path, error)
  }
}

function damaged(path: string, cause: unknown): Error {
  if (cause instanceof InputError) return cause
  return new InputError(
    'DDB_INPUT_READ',
    `"${path}" is damaged, cut off, or no zip archive (${messageOf(cause)}): test it with unzip -t, and write or copy it again`,
    { file: path },
    { cause },
  )
}

function refused(path: string, what: string): InputError {
  return new InputError('DDB_INPUT_FORMAT', `"${path}" ${what}`, { file: path })
}

/** Size of the record at the end, without its comment. */
const endBytes = 22

/** Refuses an archive that states fewer members than it has, as programs do that count only up to 65,535, and several in one file. */
async function checkEnd(zip: ZipFile, path: string, file: InputFile): Promise<void> {
  const signature = Buffer.alloc(4)
  const entriesEnd = Number(zip.readEntryCursor)
  const count = await file.readAt(signature, 0, 4, entriesEnd)
  const found = count < 4 ? '' : signature.toString('latin1')
  if (found === 'PK\x05\x06' && entriesEnd + endBytes + zip.comment.length !== zip.fileSize) {
    throw refused(path, 'has several archives in a row: load each of them')
  }
  if (found === 'PK\x01\x02') {
    throw refused(
      path,
      `lists more members than the ${zip.entryCount} that its end states: write it again, as zip64`,
    )
  }
  // An end, that of zip64, or a signature. Damaged entries may leave out a name, or a part of it.
  const isEnd = ['PK\x05\x06', 'PK\x06\x06', 'PK\x05\x05'].includes(found)
  if (!isEnd) throw new Error('its directory ends too early')
}

function memberOf(name: string, entry: Entry): Member {
  const kind = (entry.externalFileAttributes >>> 16) & 0xf000
  return {
    name,
    sizeBytes: entry.uncompressedSize,
    compressedBytes: entry.compressedSize,
    checksum: entry.crc32,
    modifiedMs: entry.getLastModDate({ timezone: 'UTC', forceDosFormat: true }).getTime() || 0,
    method: entry.compressionMethod,
    flags: entry.generalPurposeBitFlag,
    headerBytes: entry.relativeOffsetOfLocalHeader,
    nameChecksum: crc32(entry.fileNameRaw),
    isLink: kind === 0xa000,
  }
}

const isUtf8Flag = 0x800
const unicodePath = 0x7075

/** Decodes a name as UTF-8 if the archive says so or the bytes are UTF-8, else as GB18030, for Chinese Windows. */
function nameOf({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry, path: string): string {
  // The field starts with a version and a checksum of the plain name (five bytes). The name in Unicode follows.
  const unicode = extraFields.find(({ id }) => id === unicodePath)?.data.subarray(5)
  const raw = unicode !== undefined && isUtf8(unicode) ? unicode : fileNameRaw
  const isText = (generalPurposeBitFlag & isUtf8Flag) !== 0 || isUtf8(raw)
  const text = isText ? raw.toString() : new TextDecoder('gb18030').decode(raw)
  const name = text.replaceAll('\\', '/')
  const parts = name.split('/')
  const isWrong =
    name.includes('\0') ||
    /^(?:\/|[A-Za-z]:)/.test(name) ||
    parts.some(part => part === '..' || part === '.')
  if (isWrong || parts.slice(0, -1).includes('')) {
    throw refused(
      path,
      `has a member "${name}", whose name leads elsewhere: unpack it, and load what is right in it`,
    )
  }
  return name
}

function readerOf(library: typeof yauzlPackage, file: InputFile): RandomAccessReader {
  class Reader extends library.RandomAccessReader {
    #window = Buffer.alloc(0)
    #windowStart = 0

    override read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      callback: (error: Error | null, bytesRead?: number) => void,
    ): void {
      this.#readAll(buffer, offset, length, position).then(
        count => callback(null, count),
        (error: unknown) => callback(error as Error),
      )
    }

    async #readAll(
      into: Buffer,
      offset: number,
      length: number,
      position: number,
    ): Promise<number> {
      const end = this.#windowStart + this.#window.length
      if (position < this.#windowStart || position + length > end) {
        this.#window = await bytesAt(file, position, Math.max(length, windowBytes))
        this.#windowStart = position
      }
      const at = position - this.#windowStart
      return this.#window.copy(into, offset, at, at + length)
    }

    override close(callback: (error: Error | null) => void): void {
      callback(null)
    }
  }
  return new Reader()
}

/** Allocates new memory for each chunk, because the decompressor may hold on to the chunk. */
async function* rangeOf(file: InputFile, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - at))
    const count = await file.readAt(chunk, 0, chunk.length, at)
    if (count === 0) throw new Error('the file ends before its directory says')
    at += count
    yield chunk.subarray(0, count)
  }
}

const stored = 0
const deflated = 8
const isEncryptedFlag = 1

/** @throws {InputError} DDB_INPUT_FORMAT for encrypted members and unusual compression methods */
export function checkMember({ method, flags }: Member, path: string): void {
  const why =
    (flags & isEncryptedFlag) !== 0
      ? 'is encrypted: unpack the archive with its password, and load the files in it'
      : method !== stored && method !== deflated
        ? `is compressed by method ${method}, but only 0 and 8 can be read: write the archive again with zip, or unpack it`
        : undefined
  if (why !== undefined) throw refused(path, why)
}

const localHeaderBytes = 30

/** Where the content begins, after the header that precedes it. @param head  the header, with its name @throws if the directory has another name */
function contentStart(head: Buffer, { nameChecksum }: Member): number {
  const nameEnd = localHeaderBytes + head.readUInt16LE(26)
  const isFound = head.readUInt32LE(0) === 0x04034b50
  if (!isFound || crc32(head.subarray(localHeaderBytes, nameEnd)) !== nameChecksum)
    throw new Error('no header of its name where its directory says')
  return nameEnd + head.readUInt16LE(28)
}

/** By how much deflating may make a small member longer. */
const mostOverheadBytes = 64
/** The longest name and extra fields for which one read suffices. */
const mostHeaderBytes = 1024

/**
 * Reads a small member at once, as `Files.readNow` does a file: opening thousands takes far longer. @param read  reads the archive from a
 * position @throws if it has more than `into` takes, or if it is damaged: `memberFile` says how
 */
export function readMemberNow(
  member: Member,
  into: Uint8Array,
  read: (buffer: Uint8Array, fromBytes: number) => number,
): number {
  const { sizeBytes, compressedBytes, checksum, method, headerBytes } = member
  const isLong = sizeBytes > into.length || compressedBytes > into.length + mostOverheadBytes
  if (isLong) throw new Error('a long member')
  const stored = Buffer.alloc(localHeaderBytes + mostHeaderBytes + compressedBytes)
  const length = read(stored, headerBytes)
  const start = contentStart(stored, member)
  const data = stored.subarray(start, Math.min(length, start + compressedBytes))
  const bytes = method === deflated ? inflatedNow(data, into.length) : data
  if (bytes.length !== sizeBytes || crc32(bytes) !== checksum) throw new Error('damaged')
  into.set(bytes)
  return sizeBytes
}

function inflatedNow(data: Uint8Array, maxOutputLength: number): Uint8Array {
  const result: unknown = inflateRawSync(data, { maxOutputLength, info: true })
  const { buffer, engine } = result as { buffer: Uint8Array; engine: Zlib }
  if (engine.bytesWritten !== data.length) throw new Error('more data than content')
  return buffer
}

/** @param path  of the member, for messages @param file  the archive; closing the member also closes it */
export function memberFile(
  path: string,
  file: InputFile,
  member: Member,
  status: DatedFileStatus,
): InputFile {
  const open = (): Reading => newReading(contentOf(path, file, member))
  let sequential: Reading | undefined
  let random: Reading | undefined
  return {
    status: () => Promise.resolve(status),
    read: (buffer, offset, length) => (sequential ??= open()).read(buffer, offset, length),
    async readAt(buffer, offset, length, positionBytes) {
      // Compressed content can be read only from its start, so a read at an earlier position starts again.
      if (random === undefined || random.position > positionBytes) {
        await random?.close()
        random = open()
      }
      await random.skipTo(positionBytes)
      return random.read(buffer, offset, length)
    },
    async close() {
      await sequential?.close()
      await random?.close()
      await file.close()
    },
  }
}

type Reading = ReturnType<typeof newReading>

function newReading(chunks: AsyncGenerator<Uint8Array, void, void>) {
  let rest: Uint8Array = new Uint8Array(0)
  let position = 0
  const next = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const { done, value } = await chunks.next()
      if (done === true) return false
      rest = value
    }
    return true
  }
  const take = (length: number): Uint8Array => {
    const taken = rest.subarray(0, length)
    rest = rest.subarray(taken.length)
    position += taken.length
    return taken
  }
  return {
    get position(): number {
      return position
    },
    async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
      let done = 0
      // Always fills the buffer, because callers interpret a short read as the end of the file.
      while (done < length && (await next())) {
        const taken = take(length - done)
        buffer.set(taken, offset + done)
        done += taken.length
      }
      return done
    },
    async skipTo(to: number): Promise<void> {
      while (position < to && (await next())) take(to - position)
    },
    async close(): Promise<void> {
      await chunks.return()
    },
  }
}

/** @throws {InputError} DDB_INPUT_READ for damaged content, part of which may have been yielded already */
async function* contentOf(
  path: string,
  file: InputFile,
  member: Member,
): AsyncGenerator<Uint8Array, void, void> {
  const { sizeBytes, compressedBytes, checksum, method, headerBytes } = member
  let length = 0
  let sum = 0
  let raw: Readable | undefined
  const wrong = (how: string, cause?: unknown): InputError =>
    new InputError(
      'DDB_INPUT_READ',
      `"${path}" is damaged (${how}): rows that were loaded from it may be wrong. Test the archive with unzip -t, and write or copy it again`,
      { file: path, offsetBytes: length },
      { cause },
    )
  try {
    const most = localHeaderBytes + 0xffff
    const head = Buffer.concat([await bytesAt(file, headerBytes, most)], most)
    const start = headerBytes + contentStart(head, member)
    const range = rangeOf(file, start, start + compressedBytes)
    raw = Readable.from(range, { objectMode: false })
    for await (const chunk of method === deflated ? inflated(raw, compressedBytes) : raw) {
      const bytes = chunk as Uint8Array
      length += bytes.length
      // Stops here, because content beyond the stated size could need unlimited memory or time.
      if (length > sizeBytes)
        throw wrong(`more than the ${sizeBytes} bytes that the archive states`)
      sum = crc32(bytes, sum)
      yield bytes
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw wrong(messageOf(error), error)
  } finally {
    raw?.destroy()
  }
  if (length !== sizeBytes) throw wrong(`${length} bytes, but the archive states ${sizeBytes}`)
  if (sum !== checksum) throw wrong('its checksum does not match')
}

async function* inflated(raw: Readable, compressedBytes: number): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: chunkBytes })
  raw.on('error', error => inflate.destroy(error))
  raw.pipe(inflate)
  try {
    yield* inflate as AsyncIterable<Uint8Array>
  } finally {
    raw.unpipe(inflate)
    inflate.destroy()
  }
  if (inflate.bytesWritten !== compressedBytes)
    throw new Error('its data ends before the place that the archive states')
}
