/* Journals. A line of the input is the content of a record, and this file adds the checksum. A line that begins with a zero byte is written
   to the journal unchanged. The first byte chooses how much of the file the first reading returns. */
import { crc32 } from 'node:zlib'
import { checksumDigits, type JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import { readJournal, type FoundJournal } from '../../../src/load/journal/journal-file.js'
import type { Files, InputFile } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'

interface Read {
  readonly found: FoundJournal | undefined
  readonly records: readonly JournalRecord[]
  readonly state: RecordedRun
}

/**
 * @throws if reading fails, if the result depends on the chunks, or if a second reading of the kept part gives different
 *   records
 */
export async function fuzz(data: Buffer): Promise<void> {
  const [at = 0] = data
  const bytes = journalOf(data.subarray(1))
  const whole = await read(bytes, bytes.length)
  const inPieces = await read(bytes, at)
  const { found } = whole
  if (told(whole) !== told(inPieces)) throw new Error('It depends on the pieces')
  if (found === undefined || found.tornBytes > bytes.length)
    throw new Error(`${found?.tornBytes} of ${bytes.length} bytes`)
  if (found.damage !== undefined) return
  const kept = bytes.subarray(0, bytes.length - found.tornBytes)
  const again = await read(kept, kept.length)
  if (again.found?.damage !== undefined || again.records.length !== whole.records.length)
    throw new Error('What is kept of it is not what was read')
}

/** Omits the lengths if the journal is damaged. */
function told({ found, records }: Read): string {
  return JSON.stringify([found?.damage ?? found, records])
}

function journalOf(data: Buffer): Buffer {
  const lines: Buffer[] = []
  for (let start = 0; start < data.length;) {
    const feed = data.indexOf(0x0a, start)
    const end = feed < 0 ? data.length : feed + 1
    const line = data.subarray(start, end)
    lines.push(line[0] === 0 ? line.subarray(1) : checked(line))
    start = end
  }
  return Buffer.concat(lines)
}

function checked(line: Buffer): Buffer {
  const json = line.at(-1) === 0x0a ? line.subarray(0, -1) : line
  const sum = crc32(json).toString(16).padStart(checksumDigits, '0')
  return Buffer.concat([Buffer.from(`${sum} `), line])
}

async function read(bytes: Buffer, firstBytes: number): Promise<Read> {
  const records: JournalRecord[] = []
  const state = readRun()
  const found = await readJournal('x.journal', 'x', fileOf(bytes, firstBytes), record => {
    state.take(record)
    records.push(record)
  })
  return { found, records, state }
}

/** A disk with one file, which is read in two chunks. */
function fileOf(bytes: Buffer, firstBytes: number): Files {
  const file = {
    readAt: (into: Uint8Array, offset: number, length: number, at: number) => {
      const end = at < firstBytes ? Math.min(firstBytes, bytes.length) : bytes.length
      const piece = bytes.subarray(at, Math.min(end, at + length))
      into.set(piece, offset)
      return Promise.resolve(piece.length)
    },
    close: () => Promise.resolve(),
  } as Partial<InputFile> as InputFile
  return {
    ...systemPlatform.files,
    open: () => Promise.resolve(file),
    statusNow: () => ({ isFile: true, sizeBytes: bytes.length }) as ReturnType<Files['statusNow']>,
  }
}
