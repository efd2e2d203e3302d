/*
  Makes a plan from files: cuts large files between records, and groups small files.
*/
import { UsageError } from '../../errors.js'
import { openReader } from '../../parse/formats.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { Platform } from '../../platform/platform.js'
import { archiveOf, withArchives } from '../../source/archive/archives.js'
import { openSource } from '../../source/open-source.js'
import { newPathReader } from '../../source/path/input-texts.js'
import { batchesAmong } from '../../parse/steps.js'
import { mostBatchBytes } from '../defaults.js'
import { mostUnitBatchRows } from '../outcomes/unit-numbers.js'
import { dialectOf } from '../inputs/reader-options.js'
import { fingerprintOf } from '../journal/fingerprint.js'
import type { LoadOptions } from '../options.js'
import type { Manifest, PlannedFile, PlannedRange, PlannedUnit } from './manifest.js'
import { readingDigest } from './options-digest.js'
import { textsOfPlanned } from './planned-files.js'
import { dayOf, unitBytes } from './shards.js'

/** The user's requirements for a plan; sizes in bytes. */
export interface PlanOptions {
  readonly batchRows: number
  readonly batchBytes: number
  /** Approximate size of a unit, the part of a plan that a process loads as a whole. */
  readonly unitBytes: number
  readonly input: LoadOptions['input']
}

/** A file, with the path to open and the path to write into the manifest. */
export interface FileToPlan {
  readonly path: string
  readonly written: string
}

/**
 * @param onFile  called with the number of files examined so far
 * @throws {UsageError} DDB_USAGE for impossible sizes, and for paths that are not files
 * @throws {InputError} any error of opening and reading
 */
export async function makeManifest(
  machine: Platform,
  files: readonly FileToPlan[],
  options: PlanOptions,
  onFile: (done: number) => void = () => undefined,
): Promise<Manifest> {
  checkSizes(options)
  const platform = { ...machine, files: withArchives(machine.files) }
  const reader = newPathReader(options.input)
  const units: PlannedUnit[] = []
  let small: PlannedFile[] = []
  /** The day that all files in `small` share; without a day, their folder. */
  let smallKey = ''
  let smallGroup = ''
  const add = (rest: Omit<PlannedUnit, 'unit'>): void => {
    units.push({ unit: units.length + 1, ...rest })
  }
  const addSmall = (): void => {
    if (small.length > 0) add({ group: smallGroup, files: small })
    small = []
  }
  let isCut = false
  for (const [done, { path, written }] of files.entries()) {
    onFile(done)
    const { parts, texts } = textsOfPlanned(reader, written)
    const day = dayOf(
      written,
      parts.map(name => texts[name]),
    )
    const group = day ?? written
    const fingerprint = await fingerprintOf(path, platform.files)
    if (fingerprint === undefined) {
      throw new UsageError(
        'DDB_USAGE',
        `"${path}" is not an ordinary file: a plan needs files that can be read twice`,
      )
    }
    const file = { path: written, ...fingerprint }
    // Small files without a day in their path are put together with other files of their folder.
    const key = day ?? written.slice(0, written.lastIndexOf('/') + 1)
    const bytes = unitBytes({ unit: 0, group: '', files: [...small, file] })
    if (key !== smallKey || bytes > options.unitBytes) addSmall()
    if (file.sizeBytes <= 2 * options.unitBytes) {
      if (small.length === 0) smallGroup = group
      smallKey = key
      small.push(file)
      continue
    }
    addSmall()
    const ranges = await cutFile(platform, path, options)
    isCut ||= ranges.length > 0
    if (ranges.length === 0) add({ group, files: [file] })
    for (const range of ranges) {
      // If the file has a day, all its parts belong to that day's group. Otherwise each part forms its own group.
      const own = day ?? `${group}:${range.startBytes}`
      add({ group: own, files: [file], range })
    }
  }
  addSmall()
  const { batchRows, batchBytes, input } = options
  return { batchRows, batchBytes, reading: isCut ? readingDigest(input) : null, units }
}

function checkSizes({ batchRows, batchBytes, unitBytes: bytes }: PlanOptions): void {
  if (!Number.isSafeInteger(batchRows) || batchRows < 1 || batchRows > mostUnitBatchRows) {
    throw new UsageError(
      'DDB_USAGE',
      `batches of a plan have 1 to ${mostUnitBatchRows} rows, not ${batchRows}`,
    )
  }
  if (!Number.isSafeInteger(batchBytes) || batchBytes < 1 || batchBytes > mostBatchBytes) {
    throw new UsageError(
      'DDB_USAGE',
      `batches of a plan have 1 to ${mostBatchBytes} bytes, not ${batchBytes}`,
    )
  }
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UsageError('DDB_USAGE', `units of a plan have at least 1 byte, not ${bytes}`)
  }
}

/** Records are read in pieces of this size, and a file is cut between two pieces. */
const rowsOfPiece = 1_000

/** Maps no columns, because only the ends of records matter here. */
const noColumns: ColumnMapping = { columns: [], ignoreExtra: true, allowMissing: true }

/**
 * Finds the places to cut a file: a range ends after the record with which it reaches the size of a unit. Reads the
 * whole file, because quoted fields may contain line ends.
 * @returns no ranges if reading cannot start in the middle of the file
 */
async function cutFile(
  { files, clock }: Platform,
  path: string,
  { input = {}, unitBytes: wanted }: PlanOptions,
): Promise<PlannedRange[]> {
  // Reading from the middle of an archive member would have to decompress everything before it.
  if (archiveOf(path, files) !== undefined) return []
  const { compression, encoding } = input
  const source = await openSource(path, {
    files,
    ...(compression === undefined ? {} : { compression }),
    ...(encoding === undefined ? {} : { encoding }),
  })
  try {
    if (source.skipTo === undefined) return []
    const reader = await openReader(source, { ...dialectOf({ input }), clock })
    if (reader.format === 'json') return []
    const ranges: PlannedRange[] = []
    let start = { bytes: 0, line: 1, records: 0 }
    let end = start
    const cut = (): void => {
      const records = end.records - start.records
      if (records === 0) return
      const range = { startBytes: start.bytes, endBytes: end.bytes, line: start.line, records }
      ranges.push(range)
      start = end
    }
    const steps = reader.steps({
      mapping: noColumns,
      batchRows: rowsOfPiece,
      batchBytes: Infinity,
      onReject: () => undefined,
    })
    for await (const batch of batchesAmong(steps)) {
      const { endOffsetBytes, endLineNumber } = batch.ranges.at(-1)!
      end = { bytes: endOffsetBytes, line: endLineNumber, records: reader.recordsRead }
      batch.release()
      if (end.bytes - start.bytes >= wanted) cut()
    }
    // Records without rows may follow the last row; the last range includes them.
    end = { ...end, bytes: source.totalBytes ?? end.bytes, records: reader.recordsRead }
    cut()
    return ranges.length > 1 ? ranges : []
  } finally {
    await source.close()
  }
}
