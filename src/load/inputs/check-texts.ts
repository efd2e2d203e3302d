/*
  Checks every input's name before a run sends its first row: texts that columns take from the name must fit these columns.
*/
import { newTextCheck } from '../../parse/check-texts.js'
import { inputColumns } from '../../schema/set-columns.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import { newPathReader } from '../../source/path/input-texts.js'
import type { LoadOptions } from '../options.js'

/** @throws {InputError} DDB_INPUT_COLUMN if a text in an input's name is not a value of the column it fills */
export function checkInputTexts(
  { input, mapping, cells = {} }: LoadOptions,
  target: TargetSchema,
  names: Iterable<string>,
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
