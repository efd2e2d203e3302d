/*
  The manifest of a plan: the files to load, in units that processes load one by one, and the size of batches. The manifest contains no
  host, user, target or script (docs/decisions/0068).
*/
import { createHash } from 'node:crypto'
import { InputError } from '../../errors.js'
import { mostBatchBytes } from '../defaults.js'
import { mostUnitBatchRows } from '../outcomes/unit-numbers.js'
import type { Fingerprint } from '../journal/fingerprint.js'

/** A file as it was when the plan was made. */
export interface PlannedFile extends Fingerprint {
  /** The path as the user named it; relative paths begin at the folder of the manifest. */
  readonly path: string
}

export interface PlannedRange {
  /** Start in the decompressed content. Everything before the first record belongs to the first range. */
  readonly startBytes: number
  readonly endBytes: number
  /** Line of the byte at `startBytes`, from 1. */
  readonly line: number
  readonly records: number
}

/** The part of a plan that a process loads as a whole: some files, or a range of one file. */
export interface PlannedUnit {
  /** From 1. */
  readonly unit: number
  /** One shard loads all units of a group. */
  readonly group: string
  readonly files: readonly PlannedFile[]
  /** Part of the only file; left out if the unit consists of whole files. */
  readonly range?: PlannedRange
}

export interface Manifest {
  /** Limits of a batch: rows, and bytes at which the batch is full. */
  readonly batchRows: number
  readonly batchBytes: number
  /** Digest of the reading options with which files were cut; null if no file was cut. */
  readonly reading: string | null
  readonly units: readonly PlannedUnit[]
}

const format = 'ddb-ingest plan'
const version = 1

/** Writes each unit on a line of its own, so that a person can search for a file. */
export function manifestText(manifest: Manifest): string {
  const { units, ...rest } = manifest
  const head = JSON.stringify({ format, version, ...rest }).slice(0, -1)
  const lines = units.map(unit => JSON.stringify(unit)).join(',\n')
  return `${head},"units":[\n${lines}\n],"checksum":"${checksum(manifest)}"}\n`
}

/** Covers everything in the manifest; two plans with the same checksum are the same plan. */
export function checksum({ batchRows, batchBytes, reading, units }: Manifest): string {
  const said = JSON.stringify([
    format,
    version,
    batchRows,
    batchBytes,
    reading,
    units.map(unitTuple),
  ])
  return createHash('sha256').update(said).digest('hex')
}

function unitTuple({ unit, group, files, range }: PlannedUnit): unknown[] {
  return [
    unit,
    group,
    files.map(({ path, sizeBytes, modifiedMs, head, tail }) => [
      ...[path, sizeBytes, modifiedMs, head, tail],
    ]),
    range === undefined ? null : [range.startBytes, range.endBytes, range.line, range.records],
  ]
}

/**
 * @param path  for messages
 * @throws {InputError} DDB_INPUT_FORMAT for a file that is not a manifest, has another version, is truncated or was edited
 */
export function readManifest(text: string, path: string): Manifest {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (cause) {
    throw noPlan(path, 'is not a complete JSON object: was it cut short?', cause)
  }
  const { format: asked, version: number, ...fields } = asObject(read) ?? {}
  if (asked !== format) throw noPlan(path, 'is not a plan: `ddb-ingest plan` makes one')
  if (number !== version) {
    const how = `has version ${JSON.stringify(number)} of plans, and this program reads version ${version}`
    throw noPlan(path, `${how}: make it again with this program`)
  }
  const manifest = manifestOf(fields)
  if (manifest === undefined || checksum(manifest) !== fields['checksum']) {
    throw noPlan(path, 'was changed after it was made: its checksum does not match. Make it again')
  }
  return manifest
}

/** The manifest with these fields; undefined if a field is missing or invalid. */
function manifestOf(fields: Record<string, unknown>): Manifest | undefined {
  const { batchRows, batchBytes, reading, units } = fields
  const isReading = reading === null || typeof reading === 'string'
  if (!isCount(batchRows) || !isCount(batchBytes) || !isReading || !Array.isArray(units)) {
    return undefined
  }
  if (batchRows > mostUnitBatchRows || batchBytes > mostBatchBytes) return undefined
  const read = (units as unknown[]).map(unitOf)
  const isWhole = read.every((unit, i): unit is PlannedUnit => unit?.unit === i + 1)
  return isWhole && read.length > 0 ? { batchRows, batchBytes, reading, units: read } : undefined
}

function unitOf(value: unknown): PlannedUnit | undefined {
  const { unit, group, files, range } = asObject(value) ?? {}
  if (!isCount(unit) || typeof group !== 'string' || !Array.isArray(files)) return undefined
  const read = (files as unknown[]).map(fileOf)
  const isWhole = read.every((file): file is PlannedFile => file !== undefined)
  if (!isWhole || read.length === 0) return undefined
  if (range === undefined) return { unit, group, files: read }
  const cut = rangeOf(range)
  return cut === undefined || read.length > 1 ? undefined : { unit, group, files: read, range: cut }
}

function fileOf(value: unknown): PlannedFile | undefined {
  const { path, sizeBytes, modifiedMs, head, tail } = asObject(value) ?? {}
  if (typeof path !== 'string' || typeof head !== 'string' || typeof tail !== 'string') {
    return undefined
  }
  if (!isNatural(sizeBytes) || typeof modifiedMs !== 'number') return undefined
  return { path, sizeBytes, modifiedMs, head, tail }
}

function rangeOf(value: unknown): PlannedRange | undefined {
  const { startBytes, endBytes, line, records } = asObject(value) ?? {}
  if (!isNatural(startBytes) || !isNatural(endBytes) || !isCount(line) || !isCount(records)) {
    return undefined
  }
  return { startBytes, endBytes, line, records }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : undefined
}

function isNatural(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCount(value: unknown): value is number {
  return isNatural(value) && value > 0
}

function noPlan(file: string, why: string, cause?: unknown): InputError {
  return new InputError('DDB_INPUT_FORMAT', `"${file}" ${why}`, { file }, { cause })
}

/** Names a unit in messages, for example `unit 7 (day=2024-01-02/t.csv and 3 more)`. */
export function unitText({ unit, files, range }: PlannedUnit): string {
  const [first] = files
  const more = files.length > 1 ? ` and ${files.length - 1} more` : ''
  const part = range === undefined ? '' : `, bytes ${range.startBytes} to ${range.endBytes}`
  return `unit ${unit} (${first!.path}${more}${part})`
}
