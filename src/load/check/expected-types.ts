/*
  Checks that a target still has the expected columns: names, types and order.
*/
import { DdbError } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import {
  schemaFromTypes,
  typesText,
  type TargetColumn,
  type TargetSchema,
} from '../../schema/target-schema.js'

/** Limit of differences named in a message; a renamed column counts as two. */
const shownDifferences = 5

/**
 * @param expected  a list such as `time:TIMESTAMP,sym:SYMBOL`; undefined checks nothing
 * @throws {DdbError} DDB_EXPECTATION
 * @throws {UsageError} DDB_USAGE if `expected` is not a list of names and types
 */
export function checkTypes(target: TargetSchema, expected: string | undefined): void {
  // If a column's name has a comma, `expected` cannot be parsed, but comparing the whole text still works.
  if (expected === undefined || expected === typesText(target)) return
  const differences = differencesOf(target.columns, schemaFromTypes(expected).columns)
  if (differences.length === 0) return
  const more = differences.length - shownDifferences
  const shown = differences.slice(0, shownDifferences).join('; ')
  throw new DdbError(
    'DDB_EXPECTATION',
    `the target has other columns than expected: ${shown}${more > 0 ? `; and ${more} more` : ''}. ` +
      'Check the input against it again, or leave out `expectTypes`',
  )
}

function differencesOf(
  found: readonly TargetColumn[],
  expected: readonly TargetColumn[],
): string[] {
  const typeOf = (columns: readonly TargetColumn[], name: string): string | undefined => {
    const column = columns.find(other => other.name === name)
    return column && columnTypeText(column.type)
  }
  const differences = [
    ...expected.flatMap(({ name, type }) => {
      const now = typeOf(found, name)
      if (now === undefined) return [`there is no column "${name}"`]
      const before = columnTypeText(type)
      return now === before ? [] : [`column "${name}" is ${now}, not ${before}`]
    }),
    ...found
      .filter(({ name }) => typeOf(expected, name) === undefined)
      .map(({ name, type }) => `column "${name}" (${columnTypeText(type)}) is new`),
  ]
  if (differences.length > 0) return differences
  const moved = found.findIndex(({ name }, i) => name !== expected[i]!.name)
  return moved < 0
    ? []
    : [`column ${moved + 1} is "${found[moved]!.name}", not "${expected[moved]!.name}"`]
}
