/*
  The names of rejects files: the one that the user gave, and those beside it for records of another shape.
*/
import { extname } from 'node:path'
import type { RecordShape } from '../../parse/input-reader.js'

/** Extensions that tell a reader the format; for others it looks at the first bytes, which is right for any shape. */
const extensions: Readonly<Record<'csv' | 'tsv' | 'json', readonly string[]>> = {
  csv: ['.csv'],
  tsv: ['.tsv', '.tab'],
  json: ['.ndjson', '.jsonl', '.json'],
}

/** `r.2.csv` of `r.csv`, or `r.2.ndjson` where the records are JSON: the name says how to read the file. */
export function furtherPath(path: string, number: number, shape: RecordShape): string {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  return `${stem}.${number}${fittingExtension(extension, shape)}`
}

function fittingExtension(extension: string, { delimiter }: RecordShape): string {
  const known = extension.toLowerCase()
  if (!Object.values(extensions).flat().includes(known)) return extension
  const kind = delimiter === undefined ? 'json' : delimiter === '\t' ? 'tsv' : 'csv'
  return extensions[kind].includes(known) ? extension : extensions[kind][0]!
}

/** Whether `other` may become one of the files beside `path`, or the reasons of one. */
export function isFurtherPath(path: string, other: string): boolean {
  const extension = extname(path)
  const stem = `${path.slice(0, path.length - extension.length)}.`
  if (!other.startsWith(stem)) return false
  const name = /^(?:[2-9]|[1-9]\d+)(\.\w+)?(?:\.reasons\.ndjson)?$/.exec(other.slice(stem.length))
  return name !== null && [extension, '.csv', '.tsv', '.ndjson'].includes(name[1] ?? '')
}

/** The file of reasons that belongs to a rejects file. */
export function reasonsPath(path: string): string {
  return `${path}.reasons.ndjson`
}

/** Is there while a run writes the file, and says who does. */
export function rejectLockPath(path: string): string {
  return `${path}.lock`
}
