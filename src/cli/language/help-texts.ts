/*
  The language of the help and of `explain`: Chinese on a terminal with a Chinese locale, else English.
*/
import { optionHelp, type HelpName } from './en-options.js'

/** The texts of one language; a text without a translation stays English. */
export interface HelpTexts {
  readonly language: 'en' | 'zh'
  say(this: void, english: string): string
  optionHelp(this: void, name: HelpName): string
  /** The text below the options of a command, or of the program. */
  epilogue(this: void, name: string, english: string): string
}

export const english: HelpTexts = {
  language: 'en',
  say: text => text,
  optionHelp: name => optionHelp[name],
  epilogue: (_, text) => text,
}

/** Loads Chinese only if it is needed. Pipes and files get English, because programs may read it. */
export async function helpTextsFor(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): Promise<HelpTexts> {
  // The first variable that is set counts, as in POSIX.
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  if (!isTerminal || !/^zh(?:[_.-]|$)/i.test(locale)) return english
  const [{ zhHelp, zhOptionHelp }, { zhEpilogues }] = await Promise.all([
    import('./zh-help.js'),
    import('./zh-epilogues.js'),
  ])
  return {
    language: 'zh',
    say: text => zhHelp[text] ?? text,
    optionHelp: name => zhOptionHelp[name],
    epilogue: (name, text) => zhEpilogues[name] ?? text,
  }
}
