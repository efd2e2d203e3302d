/*
  What the names of all inputs say, held against the columns that are to hold it, before the first row of a run is sent.
*/
import { newTextCheck } from '../../parse/check-texts.js'
import { inputColumns } from '../../schema/set-columns.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import { newPathReader } from '../../source/path/input-texts.js'
import type { LoadOptions } from '../options.js'

/** @throws {InputError} DDB_INPUT_COLUMN for a name whose texts are no values of their columns */
export function checkInputTexts(
  { input, mapping, cells = {} }: LoadOptions,
  target: TargetSchema,
  names: readonly string[],
): void {
  if (input?.path === undefined && mapping?.set === undefined) return
  const reader = newPathReader(input)
  const checks = new Map<string, ReturnType<typeof newTextCheck> | undefined>()
  for (const name of names) {
    const { parts, texts } = reader.read(name)
    const key = parts.join('/')
    if (!checks.has(key)) {
      const columns = inputColumns(target, { ...mapping, parts })
      checks.set(key, columns.length === 0 ? undefined : newTextCheck(columns, cells))
    }
    checks.get(key)?.(name, texts)
  }
}
