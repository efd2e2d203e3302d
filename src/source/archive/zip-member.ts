/*
  Reads a member of a zip archive as a file: decompresses the content, and compares it with the size and checksum that the
  archive states.
*/
import { crc32, createInflateRaw } from 'node:zlib'
import type { Readable } from 'node:stream'
import { InputError, messageOf } from '../../errors.js'
import type { DatedFileStatus, InputFile } from '../../platform/platform.js'
import { chunkBytes } from '../file-chunks.js'
import { openZip, yauzl, type Member } from './zip-directory.js'

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
  if (why !== undefined)
    throw new InputError('DDB_INPUT_FORMAT', `"${path}" ${why}`, { file: path })
}

/**
 * @param path  of the member, for messages
 * @param file  the archive; closing the member also closes it
 */
export function memberFile(
  path: string,
  archivePath: string,
  file: InputFile,
  member: Member,
  status: DatedFileStatus,
): InputFile {
  const open = (): Reading => newReading(contentOf(path, archivePath, file, member))
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
  archivePath: string,
  file: InputFile,
  member: Member,
): AsyncGenerator<Uint8Array, void, void> {
  const { sizeBytes, compressedBytes, checksum, method } = member
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
    const { Entry } = await yauzl()
    const entry = Object.assign(new Entry(), {
      compressedSize: compressedBytes,
      uncompressedSize: sizeBytes,
      compressionMethod: method,
      generalPurposeBitFlag: member.flags,
      relativeOffsetOfLocalHeader: member.headerBytes,
    })
    const zip = await openZip(archivePath, file)
    raw = await zip.openReadStreamPromise(entry, { decodeFileData: false })
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
