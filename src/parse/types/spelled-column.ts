/*
  Columns whose texts are not in the notation of their types: numbers in another style, or other words for true and false.
*/
import { UsageError } from '../../errors.js'
import {
  numberStyle,
  plainNumberRoom,
  plainNumbers,
  styleText,
  writePlainNumber,
  type NumberStyle,
} from '../cells/number-style.js'
import { truthTexts, writeTruth, type TruthTexts } from '../cells/truth-texts.js'
import { elementSeparator } from '../columns/array-column.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { RewrittenColumn, type Rewriting } from '../columns/rewritten-column.js'
import type { CellRules } from '../cell-rules.js'

/** The kind of option that may change the notation of a column's texts. */
export type Spelling = 'number' | 'truth' | undefined

/**
 * Returns the builder itself, or another one that rewrites texts for this builder.
 * @throws {UsageError} DDB_USAGE for rules that contradict each other, or do not fit the column
 */
export function spelledColumn(
  columnName: string,
  spelling: Spelling,
  columnIndex: number,
  rules: CellRules,
  builder: ColumnBuilder,
): ColumnBuilder {
  const rewriting = rewritingOf(columnName, spelling, rules)
  return rewriting === undefined ? builder : new RewrittenColumn(builder, rewriting, columnIndex)
}

function rewritingOf(
  columnName: string,
  spelling: Spelling,
  rules: CellRules,
): Rewriting | undefined {
  if (spelling !== 'number' && rules.percentColumns?.includes(columnName) === true) {
    throw new UsageError(
      'DDB_USAGE',
      `\`cells.percentColumns\` names column "${columnName}", which holds no plain numbers`,
    )
  }
  if (spelling === 'number') {
    const style = numberStyle(columnName, rules)
    return style === undefined ? undefined : numberRewriting(style)
  }
  const texts = spelling === 'truth' ? truthTexts(rules) : undefined
  return texts === undefined ? undefined : truthRewriting(texts, rules)
}

function numberRewriting(style: NumberStyle): Rewriting {
  return {
    write: (bytes, start, end, into, at) => writePlainNumber(style, bytes, start, end, into, at),
    roomBytes: plainNumberRoom,
    expected: styleText(style),
  }
}

function truthRewriting(texts: TruthTexts, rules: CellRules): Rewriting {
  const all = [...(rules.trueTexts ?? []), ...(rules.falseTexts ?? [])].map(text => `"${text}"`)
  return {
    write: (bytes, start, end, into, at) => writeTruth(texts, bytes, start, end, into, at),
    roomBytes: 0,
    expected: `or ${all.join(', ')}`,
  }
}

/**
 * The rules for the elements of an array column. In JSON, numbers in arrays are in JSON's notation.
 * @param delimiter  separates the elements
 * @throws {UsageError} DDB_USAGE if the delimiter is part of numbers
 */
export function elementRules(rules: CellRules, delimiter: string): CellRules {
  const { thousands, decimalComma } = rules
  if (delimiter.charCodeAt(0) === elementSeparator) return plainNumbers(rules)
  if (delimiter === thousands || (delimiter === ',' && decimalComma === true)) {
    throw new UsageError(
      'DDB_USAGE',
      `"${delimiter}" occurs inside numbers and between the elements of arrays: choose another \`input.arrayDelimiter\``,
    )
  }
  return rules
}
