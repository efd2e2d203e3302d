/* The names of rejects files: the name that the user gave, and names in the same folder for records of other shapes. */
import { extname, join, parse } from 'node:path'
import {
  dataExtensions,
  formats,
  inputFormats,
  recordFormat,
  type InputFormat,
} from '../../parse/formats.js'
import type { RecordShape } from '../../parse/batch.js'

/** `r.2.csv` for `r.csv`, or `r.2.ndjson` if the records are JSON, because the name shows a reader the format. */
export function furtherPath(path: string, number: number, { format, delimiter }: RecordShape) {
  const extension = extname(path)
  const delimited = delimiter === '\t' ? 'tsv' : 'csv'
  const own = delimiter === undefined ? recordFormat(format as InputFormat) : delimited
  const named = extension.slice(1).toLowerCase()
  // With an extension of no format, the reader examines the first bytes, which works for records of any shape.
  const fits = !dataExtensions.includes(named) || formats[own].extensions.includes(named)
  const fitting = fits ? extension : `.${formats[own].extensions[0]}`
  return `${path.slice(0, path.length - extension.length)}.${number}${fitting}`
}

/** Whether a run with the rejects file `path` may also write `other`: rejects of a different shape, or reasons. */
export function isFurtherPath(path: string, other: string): boolean {
  const extension = extname(path)
  const stem = `${path.slice(0, path.length - extension.length)}.`
  if (!other.startsWith(stem)) return false
  const name = /^(?:[2-9]|[1-9]\d+)(\.\w+)?(?:\.reasons\.ndjson)?$/.exec(other.slice(stem.length))
  const kept = inputFormats.filter(format => recordFormat(format) === format)
  const usual = kept.map(format => `.${formats[format].extensions[0]}`)
  return name !== null && [extension, ...usual].includes(name[1] ?? '')
}

/** Rejects of a stream that are not complete: hidden. `finishedPath`: `r.s3.csv` for `r.csv`. @param mark  8 hexadecimal digits */
export function pathOfStream(path: string, stream: number, mark: string): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `.ddb-ingest-${mark}-${name}.s${stream}${ext}`)
}

/** The name that such a file will get; any other name as it is. */
export function finishedPath(path: string): string {
  return path.replace(/\.ddb-ingest-[0-9a-f]{8}-(?=[^/]*$)/, '')
}

/** Path of the lock that exists while a run writes the file. The lock names the run. */
export function rejectLockPath(path: string): string {
  return `${path}.lock`
}
