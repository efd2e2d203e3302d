/*
  Shows the fields of a single record as text. For this, it reads a kept record again, without converting its cells.
*/
import { Readable } from 'node:stream'
import { openReader, type ReaderOptions } from '../../parse/formats.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { RecordShape } from '../../parse/batch.js'
import { clippedText } from '../../parse/shown-text.js'
import type { Column } from '../../protocol/value.js'
import { formatElement } from '../../protocol/element.js'
import type { CellSource } from '../../schema/cell-source.js'
import type { ByteSource } from '../../source/byte-source.js'
import { openSource } from '../../source/open-source.js'

export interface RecordReading {
  readonly text: RecordShape['text']
  /** Texts taken from the path of the record's input (`input.path`). */
  readonly texts?: InputTexts
  readonly options: ReaderOptions
}

/** Longer records are not read again. */
const mostBytes = 256 * 1024

/**
 * @param sources  where the cells come from
 * @returns a text for each source; null if the field has no text, for example an object inside JSON
 */
export async function recordTexts(
  record: Uint8Array,
  { text, texts, options }: RecordReading,
  sources: readonly CellSource[],
): Promise<(string | null)[]> {
  const none = sources.map(() => null)
  if (record.length === 0 || record.length > mostBytes) return none
  const source = await sourceOf(record, text)
  try {
    const reader = await openReader(source, options)
    const batches = reader.batches({
      mapping: {
        columns: sources.map((one, i) => ({
          name: `c${i}`,
          type: { type: 'STRING' },
          source: one,
        })),
        ignoreExtra: true,
        allowMissing: true,
      },
      texts,
      cells: { lenient: true },
      batchRows: 1,
      batchBytes: mostBytes,
      onReject: () => undefined,
    })
    for await (const batch of batches) {
      return batch.columns.map(column => shownElement(column, 0))
    }
  } catch {
    // An unreadable record is already among the rejects, with its reason.
  } finally {
    await source.close()
  }
  return none
}

/** Names of the members of a JSON record; nested ones as `outer.inner`. */
export async function memberNames(
  record: Uint8Array,
  text: RecordShape['text'],
): Promise<string[]> {
  if (record.length === 0 || record.length > mostBytes) return []
  const chunks: Uint8Array[] = []
  for await (const chunk of (await sourceOf(record, text)).chunks()) chunks.push(chunk.slice())
  try {
    return namesIn(JSON.parse(Buffer.concat(chunks).toString()) as unknown, '')
  } catch {
    return []
  }
}

function namesIn(value: unknown, before: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const names = namesIn(inner, `${before}${name}.`)
    return names.length === 0 ? [`${before}${name}`] : names
  })
}

function sourceOf(
  record: Uint8Array,
  { encoding, mark }: RecordShape['text'],
): Promise<ByteSource> {
  // In UTF-16, only a byte order mark shows the byte order.
  const stdin = Readable.from([
    Buffer.concat([encoding === 'utf-8' ? [] : [mark], [record]].flat()),
  ])
  return openSource('-', { stdin, encoding, compression: 'none' })
}

/** The text of an element, cut if it is long. */
export function shownElement(column: Column, row: number): string {
  const bytes = Buffer.from(formatElement(column, row))
  return clippedText(bytes, 0, bytes.length)
}
