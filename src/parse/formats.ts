/*
  Which format an input has, when nobody said so: by the extension of its name, else by its first bytes.
*/
import type { InputFormat } from './input-reader.js'

const byExtension: Readonly<Record<string, InputFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
}

const openingBrace = 0x7b
const openingBracket = 0x5b

/**
 * @param name  of the file; what stands before `.gz` counts
 * @param head  the first bytes of the content
 */
export function detectFormat(name: string, head: Uint8Array): InputFormat {
  const extension = /\.([A-Za-z0-9]+)(?:\.gz)?$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const known = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined
  if (known !== undefined) return known
  const first = head.find(byte => byte > 0x20)
  if (first === openingBrace) return 'ndjson'
  return first === openingBracket ? 'json' : 'csv'
}
