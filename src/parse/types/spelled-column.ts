/*
  Columns whose texts are not in the type's own notation: numbers in another style, other words for true and false.
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

/** The options that may change the notation of a column's texts: those for numbers, or those for true and false. */
export type Spelling = 'number' | 'truth' | undefined

/**
 * Returns `builder` itself, or a builder that rewrites the texts and passes them to `builder`.
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
  const pairs = (rules.booleans ?? []).map(text => text.split('/'))
  const all = [0, 1].flatMap(side => pairs.map(pair => pair[side]!)).filter(Boolean)
  return {
    write: (bytes, start, end, into, at) => writeTruth(texts, bytes, start, end, into, at),
    roomBytes: 0,
    expected: `or ${all.map(text => `"${text}"`).join(', ')}`,
  }
}

/**
 * The rules for the elements of an array column. Arrays in JSON hold numbers in JSON's own notation.
 * @throws {UsageError} DDB_USAGE if numbers contain the delimiter between elements
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
