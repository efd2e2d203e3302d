/*
  Reads the directory of a zip archive: the names of its members as text, and whether each member can be read.
*/
import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { Readable as ReadableStream } from 'node:stream'
import type yauzlPackage from 'yauzl'
import type { Entry, RandomAccessReader, ZipFile } from 'yauzl'
import { InputError, messageOf } from '../../errors.js'
import type { InputFile } from '../../platform/platform.js'
import { chunkBytes } from '../file-chunks.js'

type Yauzl = typeof yauzlPackage

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
  /** True for a symbolic link, whose content is the name of another file. */
  readonly isLink: boolean
}

/** Limits memory: each member takes a few hundred bytes. */
const mostMembers = 1_000_000
/** A directory is read in pieces of this size, because yauzl requests small pieces. */
const windowBytes = 256 * 1024

/** Loads yauzl only when the first archive is read, because most runs have none. */
export async function yauzl(): Promise<Yauzl> {
  return (await import('yauzl')).default
}

/**
 * Lists every file in the archive, without folders.
 * @throws {InputError} DDB_INPUT_READ for a damaged archive; DDB_INPUT_FORMAT for unsafe names
 */
export async function readDirectory(path: string, file: InputFile): Promise<Member[]> {
  const zip = await openZip(path, file)
  const members: Member[] = []
  const names = new Set<string>()
  try {
    if (zip.entryCount > mostMembers) {
      throw refused(
        path,
        `has ${zip.entryCount} members, and ${mostMembers} are read at most: divide it`,
      )
    }
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry, path)
      if (name.endsWith('/')) continue
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

/** @throws {InputError} DDB_INPUT_READ */
export async function openZip(path: string, file: InputFile): Promise<ZipFile> {
  const library = await yauzl()
  try {
    const { sizeBytes } = await file.status()
    const reader = readerOf(library, file)
    return await library.fromRandomAccessReaderPromise(reader, sizeBytes, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: false,
    })
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

/** Refuses an archive that states fewer members than it has, because some programs count members only up to 65,535. */
async function checkEnd(zip: ZipFile, path: string, file: InputFile): Promise<void> {
  const signature = Buffer.alloc(4)
  const entriesEnd = Number(zip.readEntryCursor)
  const count = await file.readAt(signature, 0, 4, entriesEnd)
  if (count < 4 || signature.toString('latin1') !== 'PK\x01\x02') return
  throw refused(
    path,
    `lists more members than the ${zip.entryCount} that its end states: write it again, as zip64`,
  )
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

function readerOf(library: Yauzl, file: InputFile): RandomAccessReader {
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
        const window = Buffer.alloc(Math.max(length, windowBytes))
        this.#window = window.subarray(0, await readFully(file, window, position))
        this.#windowStart = position
      }
      const at = position - this.#windowStart
      return this.#window.copy(into, offset, at, at + length)
    }

    override _readStreamForRange(start: number, end: number): Readable {
      return ReadableStream.from(rangeOf(file, start, end), { objectMode: false })
    }

    override close(callback: (error: Error | null) => void): void {
      callback(null)
    }
  }
  return new Reader()
}

async function readFully(file: InputFile, into: Buffer, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const count = await file.readAt(into, done, into.length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
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
