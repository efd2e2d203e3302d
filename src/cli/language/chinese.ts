/*
  All Chinese texts of the command line.
*/
import { grouped } from '../output/terminal-text.js'
import { fillIn, type Words } from './words.js'
import { zhEpilogues } from './zh-epilogues.js'
import { zhErrors } from './zh-errors.js'
import { zhHelp } from './zh-help.js'
import { zhNotice } from './zh-notices.js'
import { zhNouns, zhSentences } from './zh-sentences.js'

export const chinese: Words = {
  language: 'zh',
  say: text => zhHelp[text] ?? text,
  epilogue: (name, text) => zhEpilogues[name] ?? text,
  tell: (text, ...[values]) => fillIn(zhSentences[text], values),
  count: (count, noun) => `${grouped(count)} ${zhNouns[noun]}`,
  notice: zhNotice,
  meaning: code => (zhErrors as Readonly<Record<string, string>>)[code],
}
