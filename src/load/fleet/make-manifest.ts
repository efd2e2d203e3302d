/*
  Makes a plan out of files: large ones are cut between records, small ones go together.
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
import { mostUnitBatchRows } from '../fate/unit-numbers.js'
import { dialectOf } from '../inputs/reader-options.js'
import { fingerprintOf } from '../journal/fingerprint.js'
import type { LoadOptions } from '../options.js'
import type { Manifest, PlannedFile, PlannedRange, PlannedUnit } from './manifest.js'
import { readingDigest } from './options-digest.js'
import { textsOfPlanned } from './planned-files.js'
import { dayOf, unitBytes } from './shards.js'

/** What a plan is to be like; sizes in bytes. */
export interface PlanOptions {
  readonly batchRows: number
  readonly batchBytes: number
  /** What one process loads at a time, about. */
  readonly unitBytes: number
  /** How files are read. */
  readonly input: LoadOptions['input']
}

/** One file, by the path that is opened and the one that is written down. */
export interface FileToPlan {
  readonly path: string
  readonly written: string
}

/**
 * @param onFile  told how many files were looked at
 * @throws {UsageError} DDB_USAGE for sizes that cannot be, and for what is not a file
 * @throws {InputError} what opening and reading throw
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
  /** Day or folder of the small files that go together. */
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
        `"${path}" is no ordinary file: a plan needs files that can be read twice`,
      )
    }
    const file = { path: written, ...fingerprint }
    // Small files without a day go together with others of their folder.
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
      // Without a day nothing tells that parts of a file go to one partition.
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

/** Records come in such pieces, and a file is cut between two of them. */
const rowsOfPiece = 1_000

/** Records become rows without a column: only where they end is asked for. */
const noColumns: ColumnMapping = { columns: [], ignoreExtra: true, allowMissing: true }

/**
 * Where a file is cut: each range ends with the record with which it has the bytes of a unit. Found by reading all of it, as quotes may
 * hold what looks like a border.
 *
 * @returns nothing for a file whose middle cannot be jumped to
 */
async function cutFile(
  { files, clock }: Platform,
  path: string,
  { input = {}, unitBytes: wanted }: PlanOptions,
): Promise<PlannedRange[]> {
  // To start in the middle of a member, all before it would be decompressed.
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
    // Behind the last row there may be records that become none.
    end = { ...end, bytes: source.totalBytes ?? end.bytes, records: reader.recordsRead }
    cut()
    return ranges.length > 1 ? ranges : []
  } finally {
    await source.close()
  }
}
