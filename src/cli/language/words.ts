/*
  The texts of the command line: `Words`, which every language implements, and the English texts.
*/
import { counted, grouped } from '../output/terminal-text.js'
import type { zhNouns, zhSentences } from './zh-sentences.js'

export type Language = 'en' | 'zh'

/** A sentence that the program prints while it runs, in English, with placeholders for values. */
export type Sentence = keyof typeof zhSentences

export type Noun = keyof typeof zhNouns

type PlacesOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesOf<Rest>
  : never

type ValuesOf<Text extends string> = [PlacesOf<Text>] extends [never]
  ? []
  : [values: Readonly<Record<PlacesOf<Text>, string | number>>]

export interface Words {
  readonly language: Language
  /** A text of the help; English if it has no translation. */
  say(this: void, english: string): string
  /** The text below the options of a command, or of the program. */
  epilogue(this: void, name: string, english: string): string
  /** A sentence with its values; numbers get thousands separators. */
  tell<Text extends Sentence>(this: void, english: Text, ...values: ValuesOf<Text>): string
  /** `1 row`, `2,000 rows`. */
  count(this: void, count: number, noun: Noun): string
  /** A sentence of the library, with flags in place of field names; English if it has no translation. */
  notice(this: void, english: string): string
  /** Explains a failure whose own sentence stays English. */
  meaning(this: void, code: string): string | undefined
}

export const english: Words = {
  language: 'en',
  say: text => text,
  epilogue: (_, text) => text,
  tell: (text, ...[values]) => fillIn(text, values),
  count: (count, noun) => counted(count, noun, noun === 'batch' ? 'batches' : undefined),
  notice: text => text,
  meaning: () => undefined,
}

/** @param values  the values to fill in, by their names in braces in `text` */
export function fillIn(
  text: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]!
    return typeof value === 'number' ? grouped(value) : value
  })
}
