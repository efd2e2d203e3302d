/* Whether the commas in an input's numbers are decimal commas. The first records show it, with what the target takes from their fields. */
import { attempt } from '../../errors.js'
import { dataTypes } from '../../protocol/data-type.js'
import type { MappingRules } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import type { TargetColumn, TargetSchema } from '../../schema/target-schema.js'
import type { CellRules } from '../cell-rules.js'
import type { Known } from '../input-reader.js'

export interface RowTarget {
  readonly schema: TargetSchema
  readonly mapping: MappingRules
  readonly cells: CellRules
}

/** What the target takes from a field: numbers with fractions, whole numbers, or something else. */
export type FieldUse = 'fractions' | 'integers' | 'other'

/** @param first  the texts of the first record: names if one of them is that of a column */
export function fieldUses(
  schema: TargetSchema,
  rules: MappingRules,
  first: readonly string[],
): readonly FieldUse[] {
  const loose = { ...rules, allowMissing: true, ignoreExtra: true }
  const filled = [first.map(text => text.trim()), undefined].map(names => {
    const shape = { file: '', kind: 'fields', names, fieldCount: first.length } as const
    const columns = attempt(() => mapColumns(schema, shape, loose).columns) ?? []
    return columns.flatMap(({ source, type }) =>
      source.kind === 'field' ? [{ source, type }] : [],
    )
  })
  const uses = first.map((): FieldUse => 'other')
  for (const { source, type } of filled.find(({ length }) => length > 0) ?? []) {
    const { category } = dataTypes[type.type]
    if (category === 'floating' || category === 'denary') uses[source.index] = 'fractions'
    else if (category === 'integral') uses[source.index] = 'integers'
  }
  return uses
}

/**
 * True if the commas in some column of fractions cannot separate thousands, in no column of numbers most of them can, and no column has
 * points in numbers.
 */
export function hasDecimalComma(
  columns: readonly (readonly string[])[],
  uses: readonly FieldUse[],
): boolean {
  let isFound = false
  for (const [field, texts] of columns.entries()) {
    const use = uses[field] ?? 'fractions'
    const withComma = texts.filter(text => /^[+-]?\d+,\d+$/.test(text))
    if (use === 'other' || withComma.length === 0) continue
    const grouped = withComma.filter(text => /^[+-]?[1-9]\d{0,2},\d{3}$/.test(text))
    if (grouped.length * 2 > withComma.length) return false
    const isOfNumbers = texts.every(text => /^(?:[+-]?\d+(?:,\d+)?)?$/.test(text))
    isFound ||= use === 'fractions' && isOfNumbers
  }
  return isFound && !columns.flat().some(text => /^[+-]?\d*\.\d+$/.test(text))
}

/** The target for one input. @param isFound  true if a decimal comma was detected in the input */
export function withDecimalComma(target: RowTarget, isFound: boolean): RowTarget {
  const { value } = decimalCommaFor(isFound, target.cells, target.schema.columns)
  return { ...target, cells: { ...target.cells, decimalComma: value } }
}

/** @param isFound  true if a decimal comma was detected in the input */
export function decimalCommaFor(
  isFound: boolean,
  { decimalComma, thousands }: Pick<CellRules, 'decimalComma' | 'thousands'>,
  columns: readonly TargetColumn[],
): Known<boolean> {
  if (decimalComma !== undefined) return { value: decimalComma, how: 'given' }
  // `1,5` is two elements if the target has arrays. It is not a decimal if the user gave the comma another meaning.
  const isOther = thousands === ',' || columns.some(({ type }) => type.array === true)
  return { value: !isOther && isFound, how: 'found' }
}
