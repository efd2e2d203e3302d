/* The description of a run in the first line of a file of reasons: options with which the rejects load like the records of their input. */
import type { InputTexts } from '../../source/path/input-texts.js'
import { recordFormat } from '../../parse/formats.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import { inputTextNames } from '../../schema/set-columns.js'
import { literalTemplate, templateParts } from '../../schema/template.js'
import { cellsAsFound, readAsFound } from '../inputs/detected.js'
import { journaledOptions, type JournaledOptions } from '../journal/journal-record.js'
import type { RunBasis } from '../run-basis.js'
import type { Detected, InputFormat, InputOptions } from '../options.js'
import type { CheckProblem } from './reject.js'

export interface RejectReading extends Detected {
  readonly format: InputFormat
  /** `mapping.set` for records outside the input; undefined if no column contains a text of the input's name. */
  readonly set?: Readonly<Record<string, string>> | undefined
}

/** Must increase whenever the description changes. The program refuses every other format. */
export const reasonsFormat = 6

export interface RejectRun {
  readonly format: typeof reasonsFormat
  /** Base of relative paths in the options; '' if unknown. */
  readonly folder: string
  readonly options: Pick<
    JournaledOptions,
    'server' | 'target' | 'input' | 'mapping' | 'cells' | 'delivery'
  >
  readonly path: string
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
}

/** Why one record was rejected. Forms one line of the file of reasons. */
export interface RejectReason extends CheckProblem {
  runId: string
  /** Only in the first line of a file. */
  run?: RejectRun
  /** All known time zone offsets, by column; left out if there are none. */
  offsets?: Readonly<Record<string, string>>
}

/** @param reading  undefined if it is not known how the records were read */
export function rejectRun(
  { options, checked }: Pick<RunBasis, 'options' | 'checked'>,
  known: Pick<RejectRun, 'path' | 'fieldNames'>,
  reading: RejectReading | undefined,
): RejectRun {
  const { server, target, input, mapping, cells, delivery } = journaledOptions(options, checked)
  const folder = options.journal?.workingFolder ?? ''
  const set = reading?.set && { set: reading.set }
  return {
    ...{ format: reasonsFormat, folder, ...known },
    options: {
      ...{ server, target, input: readAgain(input, reading) },
      ...((mapping ?? set) && { mapping: { ...mapping, ...set } }),
      cells: cellsAsFound(cells, reading),
      ...(delivery && { delivery }),
    },
  }
}

/** Leaves out what a rejects file has not: it has no lines to skip, is not part of a document or folder, and does not grow. */
function readAgain(given: InputOptions = {}, reading: RejectReading | undefined): InputOptions {
  const { skipLines, limit, jsonPath, flushIntervalMs, follow, include, path, ...input } = given
  const found = reading && { ...reading, format: recordFormat(reading.format) }
  return { ...input, ...readAsFound({ ...found, compression: 'none' }) }
}

/** `mapping.set` with texts in place of words for the input's name: a rejects file has another. Undefined if no column has such a text. */
export function setWithTexts(
  mapping: ColumnMapping,
  texts: InputTexts,
  given: Readonly<Record<string, string>> = {},
): RejectReading['set'] {
  const names = inputTextNames(mapping)
  if (names.length === 0) return undefined
  // A column that is not set is filled from the part of the path with its name.
  const ofParts = mapping.columns.flatMap(({ name, source }) =>
    source.kind === 'template' ? [[name, `{${name}}`] as const] : [],
  )
  const all = Object.entries({ ...Object.fromEntries(ofParts), ...given })
  return Object.fromEntries(
    all.map(([target, template]) => {
      const parts = templateParts(template, target)
      const filled = parts.map(part => {
        if ('text' in part) return literalTemplate(part.text)
        if (!names.includes(part.name)) return `{${part.name}}`
        const text = texts[part.name]
        return text && literalTemplate(text)
      })
      return [target, filled.includes(undefined) ? '' : filled.join('')]
    }),
  )
}
