/*
  Which language the help and the messages of a terminal speak.
*/
import { UsageError } from '../../errors.js'
import { zhErrors } from './zh-errors.js'
import { zhHelp } from './zh-help.js'

export type Language = 'en' | 'zh'

/** What a program shows in one language. */
export interface Words {
  readonly language: Language
  /** A text of the help; what has no translation stays English. */
  say(this: void, english: string): string
  /** What a failure means, where the sentence of it is in another language. */
  meaning(this: void, code: string): string | undefined
}

export const english: Words = {
  language: 'en',
  say: text => text,
  meaning: () => undefined,
}

const chinese: Words = {
  language: 'zh',
  say: text => zhHelp[text] ?? text,
  meaning: code => (zhErrors as Readonly<Record<string, string>>)[code],
}

/** Where the language may be said, and whether a person looks at what is printed. */
interface Asking {
  /** The command line before `--`. */
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
}

/**
 * `--lang`, else DDB_INGEST_LANG, else on a terminal the language of the system: pipes and logs stay English.
 *
 * @throws {UsageError} DDB_USAGE for a language that there is not
 */
export function wordsFor({ argv, environment, isTerminal }: Asking): Words {
  const asked = flagOf(argv) ?? environment['DDB_INGEST_LANG']
  if (asked !== undefined && asked !== '') return wordsOf(asked)
  if (!isTerminal) return english
  // The first one that is set counts, as for every program.
  const system = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return /^zh(?:[_.-]|$)/i.test(system) ? chinese : english
}

/** @throws {UsageError} DDB_USAGE */
export function wordsOf(language: string): Words {
  if (language === 'zh') return chinese
  if (language === 'en') return english
  throw new UsageError('DDB_USAGE', `--lang: expected zh or en, got ${JSON.stringify(language)}`)
}

function flagOf(argv: readonly string[]): string | undefined {
  let found: string | undefined
  for (const [index, word] of argv.entries()) {
    if (word.startsWith('--lang=')) found = word.slice('--lang='.length)
    else if (word === '--lang') found = argv[index + 1] ?? ''
  }
  return found
}
