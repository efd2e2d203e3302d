/* Infers columns from texts, and checks whether a run would read every value into them. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { InferOptions } from '../../src/infer/findings.js'
import { inferSchema } from '../../src/infer/infer.js'
import { type InferredSchema, neededOptions } from '../../src/infer/inferred-schema.js'
import { openReader } from '../../src/parse/formats.js'
import { systemFiles } from '../../src/platform/system-files.js'
import { columnTypeText } from '../../src/protocol/data-type.js'
import { mapColumns } from '../../src/schema/column-mapping.js'
import { newPathReader } from '../../src/source/data-files.js'
import { openSource } from '../../src/source/open-source.js'

export const nothing: InferOptions = {
  paths: ['-'],
  files: systemFiles,
  source: {},
  reader: {},
  cells: {},
  map: {},
  set: {},
  names: newPathReader(),
  byPosition: false,
  intoDfs: false,
}

const inputOf = (text: string | Uint8Array): Readable => Readable.from([Buffer.from(text)])

/** Infers the columns of a text on standard input. */
export function inferText(text: string | Uint8Array, change: Partial<InferOptions> = {}) {
  return inferSchema({ ...nothing, ...change, source: { ...change.source, stdin: inputOf(text) } })
}

/** `name:TYPE` of each column. */
export function typesOf({ columns }: InferredSchema): string[] {
  return columns.map(({ name, type }) => `${name}:${columnTypeText(type)}`)
}

/** The type that a column with these texts gets (one text per line), and the warnings. */
export async function columnOf(texts: readonly string[], change: Partial<InferOptions> = {}) {
  // Texts in quotes are never null texts, so only those that need quotes get them.
  const quoted = (text: string): string =>
    /["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  const lines = texts.map((text, i) => `${i},${quoted(text)}\n`)
  const { columns } = await inferText(`i,c\n${lines.join('')}`, {
    reader: { header: 'yes', delimiter: ',' },
    ...change,
  })
  return columns[1]!
}

export async function typeOf(texts: readonly string[], change?: Partial<InferOptions>) {
  return columnTypeText((await columnOf(texts, change)).type)
}

/**
 * Reads the text, as a run would, into a table with the inferred columns. Only rows known not to fit may be rejected.
 * @returns the number of rows read
 */
export async function readAs(
  schema: InferredSchema,
  text: string | Uint8Array,
  { source = {}, reader = {}, cells = {} }: Partial<InferOptions> = {},
): Promise<number> {
  const needed = neededOptions(schema)
  let { rejects } = needed
  const opened = await openReader(
    await openSource('-', { ...source, stdin: inputOf(text) }),
    needed.input.comment === undefined ? reader : { ...reader, comment: needed.input.comment },
  )
  const mapping = mapColumns(
    schema,
    {
      file: 'input',
      kind: opened.recordKind,
      names: opened.fieldNames,
      fieldCount: opened.fieldCount,
    },
    needed.mapping,
  )
  const { dialect } = opened
  let rows = 0
  const batches = opened.batches({
    mapping,
    cells: {
      ...(dialect === undefined || cells.thousands === ','
        ? {}
        : { decimalComma: dialect.decimalComma.value }),
      ...cells,
      ...needed.cells,
      dateFormats: { ...cells.dateFormats, ...needed.cells.dateFormats },
      nullTexts: [...(cells.nullTexts ?? []), ...(needed.cells.nullTexts ?? [])],
      percentColumns: [...(cells.percentColumns ?? []), ...(needed.cells.percentColumns ?? [])],
    },
    batchRows: 1000,
    batchBytes: 2 ** 20,
    onReject: ({ message }) => {
      assert.ok(rejects-- > 0, `${message} in ${typesOf(schema).join(', ')}`)
    },
  })
  for await (const batch of batches) {
    rows += batch.rowCount
    batch.release()
  }
  return rows
}
