/*
  The names of rejects files: the name that the user gave, and names in the same folder for records of other shapes.
*/
import { extname } from 'node:path'
import { formats, inputFormats, recordFormat, type InputFormat } from '../../parse/formats.js'
import type { RecordShape } from '../../parse/batch.js'

/**
 * Extensions that show a reader the format of single records. With a different extension, the reader examines the
 * first bytes, which works for records of any shape.
 */
const extensions = new Map<InputFormat, string[]>()
for (const name of inputFormats) {
  const own = formats[name].extensions.map(extension => `.${extension}`)
  extensions.set(recordFormat(name), [...(extensions.get(recordFormat(name)) ?? []), ...own])
}

/** `r.2.csv` for `r.csv`, or `r.2.ndjson` if the records are JSON, because the name shows a reader the format. */
export function furtherPath(path: string, number: number, shape: RecordShape): string {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  return `${stem}.${number}${fittingExtension(extension, shape)}`
}

function fittingExtension(extension: string, { format, delimiter }: RecordShape): string {
  const known = extension.toLowerCase()
  if (![...extensions.values()].flat().includes(known)) return extension
  const delimited = delimiter === '\t' ? 'tsv' : 'csv'
  const own = inputFormats.find(name => name === format) ?? delimited
  const fitting = extensions.get(delimiter === undefined ? recordFormat(own) : delimited) ?? []
  return fitting.includes(known) ? extension : (fitting[0] ?? extension)
}

/** Whether a run with the rejects file `path` may also write `other`: rejects of a different shape, or reasons. */
export function isFurtherPath(path: string, other: string): boolean {
  const extension = extname(path)
  const stem = `${path.slice(0, path.length - extension.length)}.`
  if (!other.startsWith(stem)) return false
  const name = /^(?:[2-9]|[1-9]\d+)(\.\w+)?(?:\.reasons\.ndjson)?$/.exec(other.slice(stem.length))
  const usual = [...extensions.values()].map(([first]) => first)
  return name !== null && [extension, ...usual].includes(name[1] ?? '')
}

export function reasonsPath(path: string): string {
  return `${path}.reasons.ndjson`
}

/** Path of the lock that exists while a run writes the file. The lock names the run. */
export function rejectLockPath(path: string): string {
  return `${path}.lock`
}
