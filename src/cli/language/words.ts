/*
  What the command line says, in any language, and in English.
*/
import { counted, grouped } from '../output/terminal-text.js'
import type { zhNouns, zhSentences } from './zh-sentences.js'

export type Language = 'en' | 'zh'

/** What the program itself says while it runs, in English, with the places of its values. */
export type Sentence = keyof typeof zhSentences

/** What is counted. */
export type Noun = keyof typeof zhNouns

type PlacesOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesOf<Rest>
  : never

type ValuesOf<Text extends string> = [PlacesOf<Text>] extends [never]
  ? []
  : [values: Readonly<Record<PlacesOf<Text>, string | number>>]

/** What a program shows in one language. */
export interface Words {
  readonly language: Language
  /** A text of the help; what has no translation stays English. */
  say(this: void, english: string): string
  /** What stands below the options of a command, or of the program. */
  epilogue(this: void, name: string, english: string): string
  /** A sentence with its values; numbers are grouped. */
  tell<Text extends Sentence>(this: void, english: Text, ...values: ValuesOf<Text>): string
  /** `1 row`, `2,000 rows`. */
  count(this: void, count: number, noun: Noun): string
  /** A sentence of the library, in words of the command line; what has no translation stays English. */
  notice(this: void, english: string): string
  /** What a failure means, where the sentence of it is in another language. */
  meaning(this: void, code: string): string | undefined
}

export const english: Words = {
  language: 'en',
  say: text => text,
  epilogue: (_, text) => text,
  tell: (text, ...[values]) => filled(text, values),
  count: (count, noun) => counted(count, noun, noun === 'batch' ? 'batches' : undefined),
  notice: text => text,
  meaning: () => undefined,
}

/** @param values  what stands for `{name}` */
export function filled(
  text: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]!
    return typeof value === 'number' ? grouped(value) : value
  })
}
