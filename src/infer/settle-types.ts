/*
  Chooses types for all columns of delimited text. Some options, such as a decimal comma, apply to every column. If such
  an option would harm a different column, the column that needs the option stays text, with a warning.
*/
import { option } from '../errors.js'
import type { CellOptions } from '../parse/cell-rules.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import { chooseType, type ChosenType, type SharedOptions } from './choose-type.js'
import type { ColumnProbe } from './column-probe.js'
import { alwaysMeansNull } from './null-words.js'
import type { NumberFlags } from './number-spelling.js'
import { arrayDelimiterOf } from './type-trials.js'
import { alsoNull, truthPair } from './type-warnings.js'

/** Options of `load` that apply to all columns, without those that it does not need. */
export type SharedNeeds = Pick<CellOptions, 'nullTexts' | 'thousands' | 'decimalComma' | 'booleans'>

export interface SettledTypes {
  readonly types: readonly ChosenType[]
  readonly needs: SharedNeeds
}

/** Chooses types until no column needs an option that harms a different column. Each round excludes more options. */
export function settleTypes(
  probes: readonly ColumnProbe[],
  {
    intoDfs,
    proposesTruths = false,
  }: { readonly intoDfs: boolean; readonly proposesTruths?: boolean },
): SettledTypes {
  const barred = new Set<string>()
  const refused = new Map<string, string>()
  const shared: SharedOptions = {
    takesWord: word => !barred.has(word),
    refusal: flags => refused.get(keyOf(flags)),
  }
  for (;;) {
    const types = probes.map(probe => chooseType(probe, undefined, { intoDfs, shared }))
    const before = barred.size + refused.size
    barWords(probes, types, barred)
    refuseFlags(probes, types, refused)
    if (barred.size + refused.size === before) {
      return withTruths(probes, withNulls(probes, types), proposesTruths)
    }
  }
}

const keyOf = ({ thousands, decimalComma }: NumberFlags): string => `${thousands}${decimalComma}`

/** Stops a word from meaning null if the word may be a text in another column. */
function barWords(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Set<string>,
): void {
  const wanted = types.flatMap(({ words }) => words.map(({ word }) => word))
  for (const word of new Set(wanted)) {
    if (alwaysMeansNull(word)) continue
    const isText = probes.some(
      ({ nullWords }, i) =>
        keepsBlanks(types[i]!.type) && nullWords?.seen.some(one => one.word === word) === true,
    )
    if (isText) barred.add(word)
  }
}

function refuseFlags(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  refused: Map<string, string>,
): void {
  const asked = types.flatMap(({ flags }) => flags ?? [])
  const first = asked.find(({ thousands }) => thousands !== '')
  const areArrays = types.some(
    ({ type }, i) => type.array === true && arrayDelimiterOf(probes[i]!.rules) === ',',
  )
  const hasPoints = types.some(
    ({ type, flags }, i) =>
      flags?.decimalComma !== true && isFractional(type.type) && hasPoint(probes[i]!),
  )
  for (const flags of asked) {
    const { thousands, decimalComma } = flags
    if (areArrays && (thousands === ',' || decimalComma)) {
      refused.set(
        keyOf(flags),
        'numbers with commas, which stand between the elements of arrays in other columns',
      )
    } else if (decimalComma && (hasPoints || first?.thousands === ',')) {
      refused.set(
        keyOf(flags),
        'numbers with a decimal comma, and other columns have a point: no option reads both',
      )
    } else if (thousands !== '' && thousands !== first!.thousands) {
      refused.set(
        keyOf(flags),
        `numbers with "${thousands}" between thousands, and other columns have "${first!.thousands}": no option reads both`,
      )
    }
  }
}

const isFractional = (type: string): boolean => type === 'DOUBLE' || type.startsWith('DECIMAL')

const hasPoint = ({ facts }: ColumnProbe): boolean => facts.hasPoint || facts.numbers.hasFraction

/** Also counts words as null in text columns, if an option makes these words null. */
function withNulls(probes: readonly ColumnProbe[], types: readonly ChosenType[]): SettledTypes {
  const words = types.flatMap(one => one.words)
  const nullTexts = [...new Set(words.map(({ word }) => word))]
  const asked = types.flatMap(({ flags }) => flags ?? [])
  const thousands = asked.find(one => one.thousands !== '')?.thousands
  return {
    types: types.map((one, i) => {
      if (!keepsBlanks(one.type)) return one
      const { cells: rows, nullWords } = probes[i]!
      let more = 0
      const warnings = (nullWords?.seen ?? []).flatMap(({ word, cells }) => {
        if (nullTexts.includes(word)) {
          more += cells
          return [`"${word}" is null with ${option('cells.nullTexts')} ${word}, ${alsoNull}`]
        }
        const kept = `"${word}" in ${cells} of ${rows} rows stays a text`
        return alwaysMeansNull(word)
          ? [`${kept}: ${option('cells.nullTexts')} ${word} makes it null`]
          : []
      })
      return { ...one, nulls: one.nulls + more, warnings: [...one.warnings, ...warnings] }
    }),
    needs: {
      ...(nullTexts.length === 0 ? {} : { nullTexts }),
      ...(thousands === undefined ? {} : { thousands }),
      ...(asked.some(({ decimalComma }) => decimalComma) ? { decimalComma: true } : {}),
    },
  }
}

/** Turns pairs of words into truth values, if the caller wants such proposals. */
function withTruths(
  probes: readonly ColumnProbe[],
  { types, needs }: SettledTypes,
  proposesTruths: boolean,
): SettledTypes {
  const pairs = probes.map((probe, i) => {
    const { type, refused } = types[i]!
    const isOpen =
      probe.type === undefined ? keepsBlanks(type) : type.type === 'BOOL' && refused > 0
    return proposesTruths && isOpen ? truthPair(probe) : undefined
  })
  const booleans = [...new Set(pairs.flatMap(pair => pair?.join('/') ?? []))]
  return {
    types: types.map((one, i) =>
      pairs[i] === undefined
        ? one
        : {
            ...one,
            type: { type: 'BOOL' as const },
            nulls: probes[i]!.nulls,
            refused: 0,
            truths: pairs[i],
            warnings: [],
          },
    ),
    needs: { ...needs, ...(booleans.length === 0 ? {} : { booleans }) },
  }
}
