/*
  Chooses types for all columns. Some options, such as a decimal comma, apply to every column. If such
  an option would harm a different column, the column that needs the option stays text, with a warning.
*/
import { option } from '../errors.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import {
  chooseType,
  notationOf,
  textType,
  wordKey,
  type ChosenType,
  type TypeWishes,
} from './choose-type.js'
import { alwaysMeansNull, type ColumnProbe } from './column-probe.js'
import { quoted } from './type-warnings.js'

/**
 * Chooses types until no column needs an option that harms a different column. Each round excludes more options.
 * @param probes  of columns that have a type
 */
export function settleTypes(
  probes: readonly ColumnProbe[],
  wishes: TypeWishes,
): readonly SettledType[] {
  const barred = new Map<string, string>()
  for (;;) {
    const types = probes.map(probe => chooseType(probe, wishes, barred)!)
    const before = barred.size
    barWords(probes, types, barred)
    barNotations(probes, types, barred)
    if (barred.size > before) continue
    const nullTexts = types.flatMap(({ options }) => options.nullTexts ?? [])
    return types.map((one, i) => withNulls(probes[i]!, one, nullTexts))
  }
}

/** Stops a word from meaning null if the word may be a text in another column. */
function barWords(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const wanted = types.flatMap(({ options }) => options.nullTexts ?? [])
  for (const word of new Set(wanted)) {
    if (alwaysMeansNull(word)) continue
    const isText = probes.some(
      ({ nullWords }, i) => keepsBlanks(types[i]!.type) && nullWords.some(one => one.word === word),
    )
    if (isText) barred.set(wordKey(word), 'a text in another column')
  }
}

function barNotations(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const asked = types.map(({ options }) => options).filter(options => notationOf(options) !== '')
  const first = asked.find(({ thousands }) => thousands !== undefined)
  const areArrays = types.some(
    ({ type }, i) => type.array === true && (probes[i]!.rules.arrayDelimiter ?? ',') === ',',
  )
  const hasPoints = types.some(
    ({ type, options }, i) =>
      options.decimalComma !== true && isFractional(type.type) && probes[i]!.facts.hasPoint,
  )
  for (const options of asked) {
    const { thousands, decimalComma } = options
    const why =
      areArrays && (thousands === ',' || decimalComma)
        ? 'numbers with commas, which stand between the elements of arrays in other columns'
        : decimalComma && (hasPoints || first?.thousands === ',')
          ? 'numbers with a decimal comma, and other columns have a point: no option reads both'
          : thousands !== undefined && thousands !== first!.thousands
            ? `numbers with "${thousands}" between thousands, and other columns have "${first!.thousands}": no option reads both`
            : undefined
    if (why !== undefined) barred.set(notationOf(options), why)
  }
}

const isFractional = (type: string): boolean => type === 'DOUBLE' || type.startsWith('DECIMAL')

/** A type, and sentences about the words that options make null. */
export interface SettledType extends ChosenType {
  readonly nullWords: readonly string[]
}

/** Also counts words as null in text columns, if an option makes these words null. */
function withNulls(probe: ColumnProbe, one: ChosenType, nullTexts: readonly string[]): SettledType {
  const { cells: rows, nullWords } = probe
  const found = nullWords.map(({ word, cells }) => ({
    word,
    cells,
    said: `${quoted(word)} in ${cells} of ${rows} rows`,
    advice: `${option('cells.nullTexts')} ${word}`,
  }))
  if (!keepsBlanks(one.type)) {
    return { ...one, nullWords: found.map(({ said, advice }) => `${said} is null with ${advice}`) }
  }
  const nulled = found.filter(({ word }) => nullTexts.includes(word))
  const kept = found.filter(({ word }) => !nullTexts.includes(word) && alwaysMeansNull(word))
  const nulls = nulled.reduce((sum, { cells }) => sum + cells, 0)
  const isOpen = probe.type === undefined && one.type.type !== 'BLOB'
  return {
    ...one,
    type: isOpen ? textType(probe, { cells: nulls, texts: nulled.length }) : one.type,
    nulls: one.nulls + nulls,
    warnings: [
      ...one.warnings,
      ...kept.map(({ said, advice }) => `${said} stays a text: ${advice} makes it null`),
    ],
    nullWords: nulled.map(
      ({ word, advice }) => `${quoted(word)} is null with ${advice}, as in other columns`,
    ),
  }
}
