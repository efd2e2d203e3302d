/*
  What `load` has to be told besides the table, so that the table found for an input takes all of it.
*/
import type { InferredSchema } from './inferred-schema.js'

/** Fields of the options of a run; empty or false where nothing is needed. */
export interface NeededOptions {
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  readonly dateFormats: Readonly<Record<string, string>>
  readonly matchPosition: boolean
  readonly allowMissing: boolean
  readonly ignoreExtra: boolean
}

/** What the schema asks for. */
export function neededOptions(schema: InferredSchema): NeededOptions {
  const { columns, leftOut, needsPosition, needsAllowMissing } = schema
  const renamed = needsPosition
    ? []
    : columns.flatMap(({ name, source }) =>
        source === undefined || source === name ? [] : [[name, source] as const],
      )
  const dated = columns.flatMap(({ name, dateFormat }) =>
    dateFormat === undefined ? [] : [[name, dateFormat] as const],
  )
  return {
    map: Object.fromEntries(renamed),
    dateFormats: Object.fromEntries(dated),
    matchPosition: needsPosition,
    allowMissing: needsAllowMissing,
    ignoreExtra: leftOut.length > 0,
  }
}
