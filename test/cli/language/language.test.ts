/*
  Chinese help and messages. No translation is missing or superfluous, and a user who asks for Chinese gets Chinese texts.
*/
import t from 'tap'
import { briefs } from '../../../src/cli/commands/brief-help.js'
import { commands } from '../../../src/cli/commands/commands.js'
import { epilogues, program } from '../../../src/cli/commands/help.js'
import { wordsFor } from '../../../src/cli/language/language.js'
import { english } from '../../../src/cli/language/words.js'
import { zhErrors } from '../../../src/cli/language/zh-errors.js'
import { zhEpilogues } from '../../../src/cli/language/zh-epilogues.js'
import { zhHelp } from '../../../src/cli/language/zh-help.js'
import { zhNotice, zhNotices } from '../../../src/cli/language/zh-notices.js'
import { zhNouns, zhSentences } from '../../../src/cli/language/zh-sentences.js'
import { loadOptions } from '../../../src/cli/options/load-options.js'
import { longName, type OptionDefinition } from '../../../src/cli/options/reading/definition.js'
import { readCommandLine } from '../../../src/cli/options/reading/command-line.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import { errorCodes } from '../../../src/errors.js'
import { readSources } from '../../helpers/checkout.js'
import { runMain } from '../run-cli.js'

/** Texts of the help that are in no table of options. */
const frame = [
  'print help',
  'print help with all options',
  'print the version',
  'print the help of a command',
  'All options, examples and exit codes: ',
  'Example: ',
  'Usage: ',
  ':',
]

/** Whether a note describes a default in words. All other notes, such as `32Mi` and `auto`, can be typed. */
const isSentence = (note: string): boolean => / |^all$/.test(note)

const shown = new Set([
  program.summary,
  ...frame,
  ...commands.flatMap(({ group, summary, options }) => [
    group,
    summary,
    ...Object.values(options).flatMap(({ group: heading, help, defaultNote }) => [
      ...[heading, help],
      ...(defaultNote !== undefined && isSentence(defaultNote) ? [defaultNote] : []),
    ]),
  ]),
  ...Object.values(briefs).flatMap(({ summary, tasks }) => [
    summary,
    ...tasks.flatMap(([title, texts]) => [title, ...Object.values(texts)]),
  ]),
])

const chinese = await wordsFor({ argv: ['--lang', 'zh'], environment: {}, isTerminal: false })

t.test(
  'every text of the help has a Chinese translation, and no translation is superfluous',
  async t => {
    t.strictSame(
      [...shown].filter(text => !(text in zhHelp)),
      [],
      'without a translation',
    )
    t.strictSame(
      Object.keys(zhHelp).filter(text => !shown.has(text)),
      [],
      'for no text',
    )
  },
)

/** The words that a user types, and the numbers. */
const typed = (text: string): string[] =>
  (text.match(/--[a-z-]+|\b\d[\d.,]*|\b[A-Z]{3,}\b/g) ?? [])
    .map(word => word.replace(/[.,]$/, ''))
    .sort()

t.test('a translation keeps the options, values and numbers of the English text', async t => {
  for (const [text, translated] of Object.entries(zhHelp)) {
    // The word DATABASE in placeholders is translated. "JSON" may appear once where the English text has a pronoun.
    if (/DATABASE/.test(text)) continue
    t.strictSame(typed(translated), typed(text), text)
  }
})

t.test('every error code has a Chinese explanation', async t => {
  t.strictSame(Object.keys(zhErrors).sort(), Object.keys(errorCodes).sort())
  for (const text of Object.values(zhErrors)) t.match(text, /^[^]*[\u4e00-\u9fff][^]*[。？]$/)
})

t.test('the text below the options has the same commands, options and numbers', async t => {
  const english = { [program.name]: program.epilogue, ...epilogues }
  t.strictSame(Object.keys(zhEpilogues).sort(), Object.keys(english).sort())
  const examples = (text: string): string[] => text.split('\n').filter(line => /^ {2}/.test(line))
  for (const [name, text] of Object.entries(english)) {
    t.strictSame(examples(zhEpilogues[name]!), examples(text), name)
    t.strictSame(typed(zhEpilogues[name]!), typed(text), name)
  }
})

const placesOf = (text: string): string[] => Array.from(new Set(text.match(/\{\w+\}/g))).sort()

/** The sources without the Chinese texts. A text that continues on the next line is joined. */
const sources = (await readSources())
  .filter(({ path }) => !path.startsWith('cli/language/zh-'))
  .map(({ text }) => text.replace(/['`] \+\s+['`]/g, '').replaceAll('\\`', '`'))
  .join('\n')

t.test('every sentence of the catalogue is used, with the same values', async t => {
  const unsaid = [...Object.keys(zhSentences), ...Object.keys(zhNouns)].filter(
    text => !sources.includes(`'${text}'`) && !sources.includes(`"${text}"`),
  )
  const computed = ['confirmed', 'unconfirmed', 'rejected', 'skipped', 'unsent']
  t.strictSame(
    unsaid.filter(text => !computed.includes(text)),
    [],
    'used nowhere',
  )
  for (const [text, translated] of Object.entries({ ...zhSentences, ...zhNotices })) {
    t.strictSame(placesOf(translated), placesOf(text), text)
    t.strictSame(typed(translated), typed(text), text)
  }
})

/** The text in the words of the library: fields instead of flags. */
const fielded = (text: string): string =>
  Object.values<OptionDefinition>(loadOptions).reduce(
    (said, option) =>
      option.field === undefined
        ? said
        : said.replaceAll(
            new RegExp(`--${longName(option)}(?![a-z-])`, 'g'),
            `\`${option.field}\``,
          ),
    text,
  )

t.test('every translated notice exists in the program', async t => {
  for (const text of Object.keys(zhNotices)) {
    const lost = text
      // The program selects one of these words when it writes the notice.
      .replace(/^(?:adding|would add) columns/, ' columns')
      .split(/\{\w+\}/)
      .map(part => part.replace(/^[":., )]+|[":., (]+$/g, ''))
      .filter(part => ![part, fielded(part)].some(said => sources.includes(said)))
    t.strictSame(lost, [], text)
  }
})

t.test('a notice is recognized by its English text, whatever its values', async t => {
  const cases: [string, string][] = [
    [
      'rejected: a: b.csv, line 3: id: "x, line 9: y" is not an INT',
      '被拒绝：a: b.csv 第 3 行：id: "x, line 9: y" is not an INT',
    ],
    [
      't.csv: delimiter ", " (found), quote "\\"" (found), no header (given), encoding gbk (found)',
      't.csv：分隔符 ", "（自动判断），引号 "\\""（自动判断），没有表头（指定），编码 gbk（自动判断）',
    ],
    [
      'delimiter ";" (given), no quotes (found), header (found), decimal comma (found), trailing delimiter (found), encoding utf-8 (found)',
      '分隔符 ";"（指定），没有引号（自动判断），有表头（自动判断），小数逗号（自动判断），末尾的分隔符（自动判断），编码 utf-8（自动判断）',
    ],
    ['created "dfs://d/t": a INT, b SYMBOL', '已创建“dfs://d/t”：a INT, b SYMBOL'],
    ['something else (found)', 'something else (found)'],
    ['a sentence that has none', 'a sentence that has none'],
  ]
  for (const [text, translated] of cases) t.equal(zhNotice(text), translated)
  // Values are inserted literally, without special meaning.
  t.equal(
    chinese.tell('the file lacks {columns}', { columns: '{columns} $& $1' }),
    '文件缺少 {columns} $& $1',
  )
  t.equal(zhNotice('rejected: {line}, line 1: $1'), '被拒绝：{line} 第 1 行：$1')
})

t.test("an explicit request decides, then the terminal's locale; pipes stay English", async t => {
  const of = async (
    argv: string[],
    environment: Record<string, string>,
    isTerminal = true,
  ): Promise<string> => (await wordsFor({ argv, environment, isTerminal })).language
  t.equal(await of([], { LANG: 'zh_CN.UTF-8' }), 'zh')
  t.equal(await of([], { LANG: 'zh_CN.UTF-8' }, false), 'en')
  t.equal(await of([], { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), 'en')
  t.equal(await of([], { LC_MESSAGES: 'zh_TW', LANG: 'en_US' }), 'zh')
  t.equal(await of([], { LANG: 'zhuang' }), 'en')
  t.equal(await of(['--lang=en'], { LANG: 'zh_CN.UTF-8' }), 'en')
  t.equal(await of(['--lang', 'en', '--lang', 'zh'], {}, false), 'zh', 'the last one counts')
  t.equal(await of([], { DDB_INGEST_LANG: 'zh' }, false), 'zh')
  t.equal(await of(['--lang', 'en'], { DDB_INGEST_LANG: 'zh' }), 'en')
  await t.rejects(of(['--lang', 'fr'], {}), { code: 'DDB_USAGE' })
})

t.test('the help fits 80 columns in both languages', async t => {
  for (const { name } of commands) {
    for (const words of [english, chinese]) {
      for (const help of ['--help', '--help-all']) {
        const line = readCommandLine([name, help], commands, 80, words)
        const lines = 'answer' in line ? line.answer.split('\n') : []
        t.ok(lines.length > 5)
        const wide = lines.filter(line => displayWidth(line) > 80)
        t.strictSame(wide, [], `${name} ${words.language}`)
        if (words.language === 'en') continue
        t.notMatch(line, /Usage:|Options:|Examples?:/, 'no English is left')
      }
    }
  }
})

t.test('texts of options fit 60 columns', async t => {
  for (const words of [english, chinese]) {
    const line = readCommandLine(['load', '--help-all'], commands, 60, words)
    const options = ('answer' in line ? line.answer : '').split(/\n\n(?:Every|每个)/)[0]!
    const wide = options.split('\n').filter(one => displayWidth(one) > 60)
    // A single word that is wider than the screen is not divided.
    t.strictSame(
      wide.filter(one => / \S+ \S/.test(one.slice(33))),
      [],
      words.language,
    )
  }
})

t.test('an error includes its explanation; the parts for programs stay English', async t => {
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
