/*
  Chinese help and messages: nothing lacks a translation, none is left over, and it is spoken where a person looks who asked for it.
*/
import t from 'tap'
import { briefs } from '../../../src/cli/commands/brief-help.js'
import { commands } from '../../../src/cli/commands/commands.js'
import { program } from '../../../src/cli/commands/help.js'
import { english, wordsFor } from '../../../src/cli/language/language.js'
import { zhErrors } from '../../../src/cli/language/zh-errors.js'
import { zhHelp } from '../../../src/cli/language/zh-help.js'
import { helpText } from '../../../src/cli/options/reading/command-line.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import { errorCodes } from '../../../src/errors.js'
import { runMain } from '../run-cli.js'

/** Texts of the help that stand in no table. */
const frame = [
  'print help',
  'print help with all options',
  'print the version',
  'print the help of a command',
  'All options, examples and exit codes: ',
  'Example: ',
  'Usage: ',
]

const shown = new Set([
  program.summary,
  ...frame,
  ...commands.flatMap(({ group, summary, options }) => [
    group,
    summary,
    ...Object.values(options).flatMap(({ group: heading, help }) => [heading, help]),
  ]),
  ...Object.values(briefs).flatMap(({ summary, tasks }) => [
    summary,
    ...tasks.flatMap(([title, texts]) => [title, ...Object.values(texts)]),
  ]),
])

const chinese = wordsFor({ argv: ['--lang', 'zh'], environment: {}, isTerminal: false })

t.test('every text of the help has its Chinese, and no Chinese is left over', async t => {
  t.strictSame(
    [...shown].filter(text => !(text in zhHelp)),
    [],
    'without a translation',
  )
  t.strictSame(
    Object.keys(zhHelp).filter(text => !shown.has(text)),
    [],
    'of no text',
  )
})

t.test('a translation keeps the options, values and numbers of its English', async t => {
  const typed = (text: string): string[] =>
    (text.match(/--[a-z-]+|\b\d[\d.,]*|\b[A-Z]{3,}\b/g) ?? [])
      .map(word => word.replace(/[.,]$/, ''))
      .sort()
  for (const [text, translated] of Object.entries(zhHelp)) {
    // A name of the placeholders is translated, and "JSON" may stand once where the English has a pronoun.
    if (/DATABASE/.test(text)) continue
    t.strictSame(typed(translated), typed(text), text)
  }
})

t.test('every error code says in Chinese what it means', async t => {
  t.strictSame(Object.keys(zhErrors).sort(), Object.keys(errorCodes).sort())
  for (const text of Object.values(zhErrors)) t.match(text, /^[^]*[\u4e00-\u9fff][^]*[。？]$/)
})

t.test('who asks decides, then the system of a terminal; pipes stay English', async t => {
  const of = (argv: string[], environment: Record<string, string>, isTerminal = true): string =>
    wordsFor({ argv, environment, isTerminal }).language
  t.equal(of([], { LANG: 'zh_CN.UTF-8' }), 'zh')
  t.equal(of([], { LANG: 'zh_CN.UTF-8' }, false), 'en')
  t.equal(of([], { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), 'en')
  t.equal(of([], { LC_MESSAGES: 'zh_TW', LANG: 'en_US' }), 'zh')
  t.equal(of([], { LANG: 'zhuang' }), 'en')
  t.equal(of(['--lang=en'], { LANG: 'zh_CN.UTF-8' }), 'en')
  t.equal(of(['--lang', 'en', '--lang', 'zh'], {}, false), 'zh', 'the last one counts')
  t.equal(of([], { DDB_INGEST_LANG: 'zh' }, false), 'zh')
  t.equal(of(['--lang', 'en'], { DDB_INGEST_LANG: 'zh' }), 'en')
  t.throws(() => of(['--lang', 'fr'], {}), { code: 'DDB_USAGE' })
})

t.test('the help fits 80 columns in both languages', async t => {
  for (const { name } of commands) {
    for (const words of [english, chinese]) {
      const lines = helpText(name, commands, 80, words).split('\n')
      const wide = lines.filter(line => displayWidth(line) > 80)
      t.strictSame(wide, [], `${name} ${words.language}`)
    }
  }
})

t.test('a failure says what it means; what programs read is the same', async t => {
  const missing = ['load', 'no-such-file.csv', '--table', 't']
  const zh = await runMain([...missing, '--lang', 'zh'])
  t.match(zh.stderr, /no-such-file\.csv.* \[DDB_INPUT_MISSING\]\n输入文件不存在/)
  const json = await runMain([...missing, '--lang', 'zh', '--json'])
  const plain = await runMain([...missing, '--json'])
  const { error } = JSON.parse(json.stdout) as { error: unknown }
  t.strictSame(error, (JSON.parse(plain.stdout) as { error: unknown }).error)
  const logged = await runMain([...missing, '--lang', 'zh', '--log-format', 'json'])
  t.notMatch(logged.stderr, /[\u4e00-\u9fff]/, 'logs stay English')
})
